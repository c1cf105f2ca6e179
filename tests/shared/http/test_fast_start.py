"""The shortcuts of a fast start must not break anything; each check runs in a process of its own."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
APP = """
from functions.shared.auth.access import access, guarded_router
from functions.shared.http.application import create_app
from functions.shared.problems import documented

router = guarded_router("things")

@router.get("/{name}", responses=documented(404))
@access(member="own")
async def thing(name: str) -> dict[str, str]:
    return {"name": name}

app = create_app("things", title="Things", description="Tests.", router=router)
"""
WITHOUT = """
import sys, types
sys.modules["functions.shared.http.fast_start"] = types.ModuleType("functions.shared.http.fast_start")
"""


def output_of(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout


def test_the_openapi_document_is_that_of_a_slow_start() -> None:
    show = "import json; print(json.dumps(app.openapi()))"

    fast = json.loads(output_of(f"import functions.shared.http.fast_start\n{APP}\n{show}"))

    assert fast == json.loads(output_of(f"{WITHOUT}\n{APP}\n{show}"))
    assert fast["paths"]["/things/{name}"]["get"]["responses"]["404"]


def test_what_was_put_aside_during_the_import_is_back() -> None:
    show = "import email_validator, pydantic; print(pydantic.BaseModel.model_config, email_validator.__name__)"

    assert output_of(f"import functions.shared.http.fast_start\n{show}") == "{} email_validator\n"


def test_the_collector_works_again_after_the_start_and_does_not_look_at_what_the_start_made() -> None:
    show = """
import gc
from functions.shared.http.application import lambda_handler
before = gc.isenabled()
lambda_handler(app)
print(before, gc.isenabled(), gc.get_freeze_count() > 10_000)
"""

    assert output_of(f"import functions.shared.http.fast_start\n{APP}\n{show}") == "False True True\n"


def test_typed_dictionaries_are_real_again_and_those_of_pydantic_s_core_return_dictionaries() -> None:
    show = """
import typing, typing_extensions
from pydantic_core import core_schema
class Named(typing.TypedDict): name: str
class Other(typing_extensions.TypedDict): name: str
made = core_schema.CoreConfig(title="x")
print(*map(typing_extensions.is_typeddict, (Named, Other)), type(made) is dict, made)
"""

    assert output_of(f"import functions.shared.http.fast_start\n{show}") == "True True True {'title': 'x'}\n"


def test_opentelemetry_is_not_imported_and_can_be_imported_afterwards() -> None:
    show = """
import sys
app.openapi()
print([name for name in sys.modules if name.startswith("opentelemetry")])
from opentelemetry import trace
print(trace.get_tracer_provider.__module__)
"""

    assert output_of(f"import functions.shared.http.fast_start\n{APP}\n{show}") == "[]\nopentelemetry.trace\n"


def test_packages_can_still_be_asked_for_their_metadata() -> None:
    show = """
import sys
print("importlib.metadata" in sys.modules)
from pydantic.networks import import_email_validator, version
print(version("pydantic").split(".")[0])
import_email_validator()
import importlib.metadata
print(callable(importlib.metadata.distribution))
"""

    assert output_of(f"import functions.shared.http.fast_start\n{show}") == "False\n2\nTrue\n"
