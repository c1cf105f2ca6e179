"""The extensions, found in the modules of this package, and their verification and installation."""

import importlib
import pkgutil
from collections.abc import Iterator
from graphlib import TopologicalSorter
from typing import Any

from local import embedded_aws
from local.embedded_aws.extension import Extension


def _find() -> Iterator[tuple[str, Extension]]:
    for module in pkgutil.walk_packages(embedded_aws.__path__, f"{embedded_aws.__name__}."):
        name = module.name.removeprefix(f"{embedded_aws.__name__}.")
        if name != "__main__" and (extension := getattr(importlib.import_module(module.name), "EXTENSION", None)):
            yield name, extension


def _in_order(found: dict[str, Extension]) -> dict[str, Extension]:
    order = TopologicalSorter({name: extension.after for name, extension in found.items()}).static_order()
    return {name: found[name] for name in order}


# By the name of the module, such as `sqs.batch_permissions`, in the order of installation.
EXTENSIONS = _in_order(dict(_find()))


def verify() -> None:
    """Check every hook before any is replaced; raise HookMovedError for the first one that changed."""
    for extension in EXTENSIONS.values():
        for hook in extension.hooks:
            hook.verify()


def install() -> None:
    """Verify, then install each extension."""
    verify()
    for extension in EXTENSIONS.values():
        extension.install()


def describe() -> list[dict[str, Any]]:
    """Describe the extensions as data, for the summary of the resource types that stand in on this machine."""
    return [
        {
            "name": name,
            "closes": extension.closes,
            "hooks": [str(hook) for hook in extension.hooks],
            "stands_in": dict(extension.stands_in),
        }
        for name, extension in EXTENSIONS.items()
    ]
