"""The access patterns of a service's table: `tests/<service>/access_patterns.py`.

A function without parameters that returns a `Call` is a pattern. It prepares the table and returns the call to record.
The pattern has the function's name.
"""

import importlib
import inspect
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import CodeType

from pynamodb.models import Model

from cdk.settings.manifest import Manifest
from tests.tools.data_model.recording import Item
from tools.data_model.models import repository_modules

type Call = Callable[[], object]

# https://docs.python.org/3.13/library/sys.monitoring.html#registering-and-using-tools: 3 and 4 are free.
_TOOL = 4


def patterns_of(service: str) -> dict[str, Callable[[], Call]]:
    """Return the patterns of a service by their names, in the order of the file."""
    functions = vars(importlib.import_module(f"tests.{service}.access_patterns")).items()
    return {
        name.replace("_", " "): each
        for name, each in functions
        if inspect.isfunction(each) and each.__annotations__ == {"return": Call}
    }


def callers_of(manifest: Manifest) -> set[str]:
    """Return the routes of a service, as `GET /users/{user_id}`, and its functions, as `consumer`."""
    routes = importlib.import_module(f"functions.{manifest.service}.routes").router.routes if manifest.http else []
    return {*manifest.functions, *(f"{method} {route.path}" for route in routes for method in route.methods)}


def public_methods(manifest: Manifest, project: Path) -> dict[CodeType, str]:
    """Return the name of each public method of the repositories, as `UserRepository.add`, by its code."""
    return {
        inspect.unwrap(method).__code__: f"{each.__name__}.{name}"
        for module in map(importlib.import_module, repository_modules(manifest, project))
        for each in vars(module).values()
        if inspect.isclass(each) and each.__module__ == module.__name__ and each.__name__.endswith("Repository")
        for name, method in vars(each).items()
        if inspect.isfunction(method) and not name.startswith("_")
    }


@contextmanager
def started(methods: dict[CodeType, str]) -> Iterator[set[str]]:
    """Collect the methods that start until the end of the block."""
    names: set[str] = set()
    monitoring, event = sys.monitoring, sys.monitoring.events.PY_START
    monitoring.use_tool_id(_TOOL, __name__)
    monitoring.register_callback(_TOOL, event, lambda code, _offset: names.add(methods[code]))
    for code in methods:
        monitoring.set_local_events(_TOOL, code, event)
    try:
        yield names
    finally:
        # Python 3.13 keeps both when the tool is freed, so the next user would get the events of these methods.
        for code in methods:
            monitoring.set_local_events(_TOOL, code, monitoring.events.NO_EVENTS)
        monitoring.register_callback(_TOOL, event, None)
        monitoring.free_tool_id(_TOOL)


def model_of(item: Item, models: list[type[Model]]) -> type[Model] | None:
    """Find the smallest model that has every attribute of an item, and requires no other."""
    for model in sorted(models, key=lambda model: len(model.get_attributes())):
        attributes = {attribute.attr_name: attribute for attribute in model.get_attributes().values()}
        required = {name for name, attribute in attributes.items() if not attribute.null}
        if required <= item.keys() <= attributes.keys():
            return model
    return None
