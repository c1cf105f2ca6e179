"""Stand-ins for modules that a library imports, although none of the calls that are made here needs them."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType


class Nothing:
    """Stands for a class that is only named, in annotations and as a generic base class."""

    def __class_getitem__(cls, _: object) -> "type[Nothing]":
        return cls


def stand_in(name: str, *classes: str, **values: object) -> ModuleType:
    """Return a module with these names and no others, so that the import of a name that is missing here fails.

    Args:
        name: The full name of the module.
        classes: The names that are `Nothing`.
        values: Functions, constants and modules of the module.
    """
    module = ModuleType(name)
    # An empty path makes it a package.
    vars(module).update(dict.fromkeys(classes, Nothing) | values, __path__=[])
    return module


@contextmanager
def imported_instead(*modules: ModuleType) -> Iterator[None]:
    """Let imports find these modules until the end of the block; if the first is imported already, change nothing."""
    added = () if modules[0].__name__ in sys.modules else modules
    sys.modules.update({module.__name__: module for module in added})
    try:
        yield
    finally:
        for module in added:
            sys.modules.pop(module.__name__, None)
