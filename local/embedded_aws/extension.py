"""What an extension of the embedded AWS is, and the check that what it stands on is still there."""

import importlib
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any


class HookMovedError(RuntimeError):
    """MiniStack no longer has what an extension stands on; the extension must be revised first."""

    def __init__(self, hook: str, problem: str) -> None:
        super().__init__(
            f"ministack {version('ministack')}: {hook} {problem}. An extension of the embedded AWS stands on it: "
            "pin the version that local/requirements.in names, or revise the extension."
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """A function or text of MiniStack that an extension replaces, wraps or calls.

    `name` may be dotted for a method. `parameters` are the names that its signature must have;
    `contains` are the passages of its source, or of the text itself, that the extension relies on.
    """

    module: str
    name: str
    parameters: tuple[str, ...] | None = None
    contains: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"

    def verify(self) -> None:
        """Raise HookMovedError unless upstream still looks as the extension expects."""
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
    """One closed gap.

    `closes` says in a sentence what MiniStack lacks. `stands_in` maps the CloudFormation types
    that this machine only imitates to a sentence on what is different from AWS.
    """

    name: str
    closes: str
    hooks: tuple[Hook, ...] = ()
    install: Callable[[], None] = lambda: None
    stands_in: Mapping[str, str] = field(default_factory=dict)
