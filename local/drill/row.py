"""One row of a drill: the release of one version under one load, and what became of it."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Self

from local.release.progress import FunctionRelease

_BY_CALLER = "A caller stopped"
_ALARMS = "Activated alarms: "
_HOOKS = {"BeforeAllowTraffic": "the hook before traffic", "AfterAllowTraffic": "the hook while it bakes"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """The outcome of one release.

    Attributes:
        name: The name of the version.
        title: What the version does.
        load: The name of the load.
        passed: Whether the version got all traffic and kept it.
        by: The hook or the alarm that took it back; empty if it passed.
        seconds: From the start of the deployment to the verdict, on the fast clock.
        requests: The number of requests under way.
        requests_hurt: Those that failed, were late, or were answered wrongly.
        requests_lost: Failed requests that no version has counted: the shifting of traffic lost them.
        events_hurt: Events that failed or were parked; none of them is lost.
        events_lost: Users without an event.
        state: The versions and the stack after it.
        faults: The reasons for which the drill fails; empty if the row is as it must be.
    """

    name: str
    title: str
    load: str
    passed: bool
    by: str
    seconds: float
    requests: int
    requests_hurt: int
    requests_lost: int
    events_hurt: int
    events_lost: int
    state: str
    faults: tuple[str, ...] = ()

    @property
    def outcome(self) -> str:
        """The outcome in words."""
        return "passed" if self.passed else "taken back"


@dataclass(slots=True)
class Watched:
    """A display that keeps the course of a release instead of showing it; calls `begin` when traffic may move."""

    begin: Callable[[], None] = lambda: None
    functions: Sequence[FunctionRelease] = ()
    by: str = ""
    said: list[str] = field(default_factory=list)
    _began_at: float = 0.0
    _verdict_at: float = 0.0
    _has_verdict: bool = False

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(self, *_: object) -> None:
        """End."""

    @property
    def seconds(self) -> float:
        """The time from the start of the deployments to the verdict."""
        return max(0.0, self._verdict_at - self._began_at)

    @property
    def was_interrupted(self) -> bool:
        """True if Ctrl-C took the release back, and neither a hook nor an alarm did."""
        return not self.by and any(each.reason.startswith(_BY_CALLER) for each in self.functions)

    def show(self, functions: Sequence[FunctionRelease]) -> None:
        """Keep the present state."""
        if not functions:
            return
        if not self.functions:
            self.begin()
        now = time.monotonic()
        self.functions = functions
        self._began_at = self._began_at or now
        if not self._has_verdict:
            self._verdict_at = now
            self.by = next(filter(None, map(_cause, functions)), "")
            self._has_verdict = bool(self.by) or all(each.has_ended for each in functions)

    def say(self, text: str) -> None:
        """Keep a message."""
        self.said.append(text)


def _cause(each: FunctionRelease) -> str:
    """Return the hook or the alarms that ended a function's deployment; empty if none did."""
    if not each.reason or each.reason.startswith(_BY_CALLER):
        return ""
    if _ALARMS in each.reason:
        return f"the alarm {each.reason.rpartition(_ALARMS)[2]}"
    hooks = [told for event, told in _HOOKS.items() if event in each.reason]
    return f"{hooks[0]} of {each.function}" if hooks else each.reason
