"""Shortcuts that make a cold start shorter; an HTTP function must import this module first.

- FastAPI describes OpenAPI with some forty Pydantic models. Pydantic would build their validators during the import,
  although only `/openapi.json` needs them. Here Pydantic builds them when they are first used.
- One of these models has an e-mail address, the contact of an API, for which FastAPI would import `email_validator`.
- Pydantic version 1 is not in the bundle, but FastAPI looks for it for each parameter. Here the search ends at once.
- Objects that are made during the start live as long as the process, so the garbage collector need not check them.
"""

import gc
import sys

gc.disable()
sys.modules.setdefault("pydantic.v1", None)  # type: ignore[arg-type] # the import system's way to say "not there"

from pydantic import BaseModel, ConfigDict  # noqa: E402 - after the collector is disabled

BaseModel.model_config = ConfigDict(defer_build=True)
sys.modules["email_validator"] = None  # type: ignore[assignment] # see above
import fastapi.openapi.models  # noqa: E402, F401 - the models of the first point

BaseModel.model_config = ConfigDict()
del sys.modules["email_validator"]


def finish() -> None:
    """Exempt the objects of the start from garbage collection, and enable it again."""
    gc.freeze()
    gc.enable()
