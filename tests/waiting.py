"""Waiting for a condition, the same way in every test."""

import time
from collections.abc import Callable

# Ends a test that would hang. It is no bound on speed: a busy machine takes ten times as long as an idle one.
HANG_S = 180


class DidNotHold(AssertionError):
    """The condition did not hold in time."""


def eventually[T](look: Callable[[], T], *, within_s: float = HANG_S, every_s: float = 0.2) -> T:
    """Return the first true answer of `look`.

    Raises:
        DidNotHold: No answer was true in time; the message contains the last answer.
    """
    deadline = time.monotonic() + within_s
    while not (seen := look()):
        if time.monotonic() >= deadline:
            raise DidNotHold(f"The condition did not hold within {within_s} s; last seen: {seen!r}")
        time.sleep(every_s)
    return seen


def comes_true(look: Callable[[], object], *, within_s: float) -> bool:
    """Return whether a condition holds in time, for tests that also expect it not to."""
    try:
        return bool(eventually(look, within_s=within_s))
    except DidNotHold:
        return False
