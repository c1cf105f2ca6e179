"""Shortcuts that make a cold start shorter; an HTTP function must import this module first.

- FastAPI describes OpenAPI with some forty Pydantic models. Pydantic would build their validators during the import,
  although only `/openapi.json` needs them. Here Pydantic builds them when they are first used.
- One of these models has an e-mail address, the contact of an API, for which FastAPI would import `email_validator`.
- Pydantic version 1 is not in the bundle, but FastAPI looks for it for each parameter. Here the search ends at once.
- Pydantic looks for plugins in the metadata of every package. There are none, and nothing else of the start needs
  Python's module for metadata.
- Pydantic describes its schemas to type checkers with eighty typed dictionaries, and Python compiles the annotation of
  each key. Here they are plain dictionaries.
- FastAPI imports OpenTelemetry, which `create_app` switches off, and which no bundle contains.
- Objects that are made during the start live as long as the process, so the garbage collector need not check them.

An import fails if a new version of FastAPI uses more of OpenTelemetry; the tests compare everything else with a start
without the shortcuts.
"""

import gc

gc.disable()

import importlib  # noqa: E402 - after the collector is disabled
import sys  # noqa: E402 - see above
import typing  # noqa: E402 - see above
from collections.abc import Iterator  # noqa: E402 - see above
from contextlib import contextmanager  # noqa: E402 - see above
from types import ModuleType  # noqa: E402 - see above
from typing import Any  # noqa: E402 - see above

# It copies Python's own typed dictionary, so it must see the real one.
import typing_extensions  # noqa: E402, F401 - imported for its effect

from functions.shared.stand_in_modules import imported_instead, stand_in  # noqa: E402 - see above

sys.modules.setdefault("pydantic.v1", None)  # type: ignore[arg-type] # the import system's way to say "not there"


class _Dictionary(type):
    """Makes classes that return plain dictionaries when they are called, as typed dictionaries do."""

    __call__ = dict

    def __new__(cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **_options: bool) -> "_Dictionary":
        return super().__new__(cls, name, bases, namespace)


@contextmanager
def _plain_dictionaries() -> Iterator[None]:
    real = typing.TypedDict
    vars(typing)["TypedDict"] = _Dictionary("TypedDict", (), {})
    try:
        yield
    finally:
        vars(typing)["TypedDict"] = real


def _telemetry() -> list[ModuleType]:
    """Return what FastAPI imports from OpenTelemetry; no request has a context of it."""
    modules = {
        "_logs": stand_in("opentelemetry._logs", "Logger", "LoggerProvider", "SeverityNumber"),
        "context": stand_in(
            "opentelemetry.context", "Context", create_key=str, get_value=lambda _key, _context=None: None
        ),
        "metrics": stand_in("opentelemetry.metrics", "Histogram", "MeterProvider", "UpDownCounter"),
        "propagate": stand_in("opentelemetry.propagate"),
        "trace": stand_in("opentelemetry.trace", "Span", "SpanKind", "StatusCode", "Tracer", "TracerProvider"),
    }
    propagators = (
        stand_in("opentelemetry.propagators"),
        stand_in("opentelemetry.propagators.textmap", "Getter"),
    )
    return [stand_in("opentelemetry", **modules), *modules.values(), *propagators]


def _metadata() -> ModuleType:
    """Return what Pydantic imports from `importlib.metadata`: no plugins, and versions when asked for."""

    def version(distribution: str) -> str:
        return importlib.import_module("importlib.metadata").version(distribution)  # type: ignore[no-any-return]

    return stand_in("importlib.metadata", entry_points=lambda **_: (), version=version)


@contextmanager
def _models_built_when_used() -> Iterator[None]:
    """Let Pydantic build no validators for the models of a module, not even where the module asks for it."""
    rebuild = vars(BaseModel)["model_rebuild"]

    def when_used(cls: type[BaseModel], /, **given: Any) -> bool | None:  # noqa: ANN401 - Pydantic's own
        # Pydantic itself names its arguments when a model is first used. A module asks without any.
        built: bool | None = rebuild.__func__(cls, **given) if given else None
        return built

    BaseModel.model_config = ConfigDict(defer_build=True)
    BaseModel.model_rebuild = classmethod(when_used)  # type: ignore[assignment, method-assign]
    sys.modules["email_validator"] = None  # type: ignore[assignment] # see above
    try:
        yield
    finally:
        BaseModel.model_config = ConfigDict()
        BaseModel.model_rebuild = rebuild  # type: ignore[method-assign]
        del sys.modules["email_validator"]


with _plain_dictionaries():
    import pydantic_core.core_schema  # noqa: F401 - imported for its effect

with imported_instead(_metadata()):
    from pydantic import BaseModel, ConfigDict

with imported_instead(*_telemetry()), imported_instead(_metadata()), _models_built_when_used():
    import fastapi.openapi.models  # noqa: F401 - imported for its effect


def finish() -> None:
    """Exempt the objects of the start from garbage collection, and enable it again."""
    gc.freeze()
    gc.enable()
