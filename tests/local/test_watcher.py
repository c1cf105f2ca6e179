from pathlib import Path

import pytest

from cdk.settings.manifest import Manifest
from local.function_starts import StartFailure
from local.watcher import needs_deployment, outcome, touched


def manifest(service: str) -> Manifest:
    function = {"handler": f"functions.{service}.api.handler", "trigger": "http"}
    return Manifest.model_validate(
        {
            "service": service,
            "description": "d",
            "owner": "team",
            "http": {"path": f"/{service}"},
            "functions": {"api": function},
        }
    )


MANIFESTS = (manifest("users"), manifest("activity"))


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("functions/users/service.py", False),
        ("functions/shared/errors.py", False),
        ("functions/users/service.toml", True),
        ("functions/users/requirements.txt", True),
        ("events/users/UserCreated.v1.schema.json", True),
        ("cdk/shared_stacks/network.py", True),
        ("app.py", True),
    ],
)
def test_code_is_reloaded_and_everything_else_deployed(path: str, expected: bool) -> None:
    assert needs_deployment({Path(path)}) is expected


def test_a_service_is_touched_by_its_own_files() -> None:
    assert [m.service for m in touched({Path("functions/users/service.py")}, MANIFESTS)] == ["users"]


def test_shared_files_touch_every_service() -> None:
    assert [m.service for m in touched({Path("functions/shared/errors.py")}, MANIFESTS)] == ["users", "activity"]


def test_a_folder_that_is_no_service_touches_none() -> None:
    assert touched({Path("functions/notes/todo.md")}, MANIFESTS) == []


def failure(service: str) -> StartFailure:
    return StartFailure(
        service=service, function="api", error="RuntimeError: boom", stack=("functions/users/routes.py:3 <module>",)
    )


def test_a_service_with_a_function_that_does_not_start_is_not_called_live() -> None:
    said = outcome({Path("functions/shared/errors.py")}, MANIFESTS, [failure("users")], after_s=1.25)

    assert said.splitlines() == [
        "functions/shared/errors.py: activity live after 1.2 s; users not live after 1.2 s",
        "✘ users/api does not start: RuntimeError: boom",
        "    functions/users/routes.py:3 <module>",
    ]


def test_services_that_start_are_live() -> None:
    assert outcome({Path("functions/users/a.py")}, MANIFESTS[:1], [], after_s=0.5) == (
        "functions/users/a.py: users live after 0.5 s"
    )
