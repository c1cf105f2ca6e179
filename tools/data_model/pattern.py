"""How a service says in which ways it uses its table: `tests/<service>/access_patterns.py`.

Each way is a function that prepares what must be there and returns the call to measure. Its name is what the page calls
it, its callers are routes, such as `GET /users/{user_id}`, or functions of the manifest, such as `consumer`.
"""

import importlib
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from cdk.settings.configuration_error import ConfigurationError
from cdk.settings.manifest import Manifest

FILE = "access_patterns.py"
_MARK = "access_pattern_callers"

type Measured = Callable[[], object]


@dataclass(frozen=True, kw_only=True)
class Pattern:
    """One way in which a table is used.

    Attributes:
        name: In words.
        callers: Routes and functions.
        prepare: Makes what must be there; returns the call to measure.
    """

    name: str
    callers: tuple[str, ...]
    prepare: Callable[[], Measured]


def access_pattern[Prepare: Callable[[], Measured]](*callers: str) -> Callable[[Prepare], Prepare]:
    """Mark a function that prepares a call to measure, and say whose call it is."""

    def mark(prepare: Prepare) -> Prepare:
        setattr(prepare, _MARK, callers)
        return prepare

    return mark


def patterns_of(manifest: Manifest, project: Path) -> tuple[Pattern, ...]:
    """Find the patterns of a service, in the order of its file; none where there is no such file."""
    if not (project / "tests" / manifest.service / FILE).is_file():
        return ()
    name = f"tests.{manifest.service}.{FILE.removesuffix('.py')}"
    module = sys.modules.get(name) or importlib.import_module(name)
    return tuple(
        Pattern(name=each.__name__.replace("_", " "), callers=getattr(each, _MARK), prepare=each)
        for each in vars(module).values()
        if hasattr(each, _MARK)
    )


def check_callers(manifest: Manifest, patterns: tuple[Pattern, ...]) -> None:
    """Refuse callers that do not exist.

    Raises:
        ConfigurationError: With every such caller.
    """
    known = {*manifest.functions, *_routes(manifest)}
    problems = [
        f"tests/{manifest.service}/{FILE}: {pattern.name}: expected a route or a function of the manifest, "
        f"found {caller!r}"
        for pattern in patterns
        for caller in pattern.callers
        if caller not in known
    ]
    if problems:
        raise ConfigurationError(problems)


def _routes(manifest: Manifest) -> Iterator[str]:
    if manifest.http:
        router = importlib.import_module(f"functions.{manifest.service}.routes").router
        for route in router.routes:
            yield from (f"{method} {route.path}" for method in route.methods)
