"""What makes a cold start shorter; an HTTP function imports it before anything else.

- FastAPI describes OpenAPI with some forty Pydantic models, whose validators Pydantic builds while they are imported
  though only `/openapi.json` needs them. Here their building is put off until then.
- One of them names an e-mail address, the contact of an API, for which FastAPI would import `email_validator`.
- Pydantic's first version is not in the bundle; FastAPI looks for it for each parameter. Here it is told at once.
- What is made during a start lives as long as the process: the garbage collector need not look at it, then or later.
"""

import gc
import sys

gc.disable()
sys.modules.setdefault("pydantic.v1", None)  # type: ignore[arg-type] # the import system's way to say "not there"

from pydantic import BaseModel, ConfigDict  # noqa: E402 - after the collector is off

BaseModel.model_config = ConfigDict(defer_build=True)
sys.modules["email_validator"] = None  # type: ignore[assignment] # see above
import fastapi.openapi.models  # noqa: E402, F401 - the models in question

BaseModel.model_config = ConfigDict()
del sys.modules["email_validator"]


def finish() -> None:
    """Take all that the start has made out of the collector's sight, and let it work again."""
    gc.freeze()
    gc.enable()
