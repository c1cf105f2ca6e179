"""Values that the process remembers for a while, so that pages which are open in many browsers ask AWS only once."""

import time
from collections.abc import Callable
from typing import Any

from functions.shared.aws.snapshot import at_restore

# The values of a page have few keys; more would be a mistake.
REMEMBERED = 200


class Remembered:
    """Values by key, each for some seconds; a failure is not remembered.

    Args:
        clock: A monotonic clock, in seconds.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._values: dict[object, tuple[float, Any]] = {}
        at_restore(self._values.clear)

    def get[T](self, key: object, read: Callable[[], T], *, seconds: float) -> T:
        """Return the value of a key, read again if it is older."""
        known = self._values.get(key)
        if known and self._clock() < known[0]:
            value: T = known[1]
            return value
        value = read()
        if len(self._values) >= REMEMBERED:
            self._values.clear()
        self._values[key] = (self._clock() + seconds, value)
        return value
