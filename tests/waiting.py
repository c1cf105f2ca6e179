"""Waiting for a condition, the same way in every test."""

import time
from collections.abc import Callable

# It only ends a test that would hang. A busy machine takes ten times as long as an idle one.
HANG_S = 120


def eventually[T](look: Callable[[], T], *, within_s: float = HANG_S, every_s: float = 0.2) -> T:
    """Return the first true answer of `look`; fail with its last answer if none is true in time."""
    deadline = time.monotonic() + within_s
    while not (seen := look()):
        assert time.monotonic() < deadline, f"The condition did not hold within {within_s} s; last seen: {seen!r}"
        time.sleep(every_s)
    return seen
