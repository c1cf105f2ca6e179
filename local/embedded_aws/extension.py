"""An extension of the embedded AWS, and the check that MiniStack still has the parts that the extension relies on."""

import importlib
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any


class HookMovedError(RuntimeError):
    """MiniStack no longer has a part that an extension relies on; revise the extension first."""

    def __init__(self, hook: str, problem: str) -> None:
        super().__init__(
            f"ministack {version('ministack')}: {hook} {problem}. An extension of the embedded AWS relies on it: "
            "pin the version that local/requirements.in names, or revise the extension."
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """A function or text of MiniStack that an extension replaces, wraps or calls.

    `name` may be dotted for a method. `parameters` are the expected names in its signature;
    `contains` are the passages of its source, or of the text itself, that the extension relies on.
    """

    module: str
    name: str
    parameters: tuple[str, ...] | None = None
    contains: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"

    def verify(self) -> None:
        """Raise HookMovedError unless MiniStack still looks as the extension expects."""
        found: Any = importlib.import_module(self.module)
        for part in self.name.split("."):
            if not hasattr(found, part):
                raise HookMovedError(str(self), "is gone")
            found = getattr(found, part)
        if self.parameters is not None:
            parameters = tuple(inspect.signature(found).parameters)
            if parameters != self.parameters:
                raise HookMovedError(str(self), f"takes {parameters} instead of {self.parameters}")
        if self.contains:
            source = found if isinstance(found, str) else inspect.getsource(found)
            for passage in self.contains:
                if source.count(passage) != 1:
                    raise HookMovedError(str(self), f"no longer contains {passage!r} exactly once")


@dataclass(frozen=True, slots=True, kw_only=True)
class Extension:
    """The fix for one gap of MiniStack; a module assigns it to `EXTENSION`, and gives it the module's name.

    `closes` describes the gap in a sentence. `after` names the extensions to install before this one.
    `stands_in` maps each CloudFormation type that MiniStack only imitates to a sentence on the difference from AWS.
    """

    closes: str
    hooks: tuple[Hook, ...] = ()
    install: Callable[[], None] = lambda: None
    after: tuple[str, ...] = ()
    stands_in: Mapping[str, str] = field(default_factory=dict)
