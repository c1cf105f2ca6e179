"""Calls again what is busy: exponential backoff with full jitter, for as long as there is time."""

import random
import time
from collections.abc import Callable
from typing import Any

from functions.shared.errors import Unavailable

FIRST_WAIT_S = 0.05
LONGEST_WAIT_S = 5.0


def time_left_s(context: Any) -> Callable[[], float]:  # noqa: ANN401 - the Lambda context
    """Return a clock that tells how many seconds an invocation may still take."""
    return lambda: context.get_remaining_time_in_millis() / 1000


def again_while_busy[T](
    call: Callable[[], T], *, left_s: Callable[[], float], sleep: Callable[[float], None] = time.sleep
) -> T:
    """Return what `call` returns, once it is not `Unavailable`.

    Args:
        call: May run more than once.
        left_s: Tells how many seconds there are for it; one that takes half of a wait's length is left over.
        sleep: Waits.

    Raises:
        Unavailable: It still was when there was no time for another wait.
    """
    longest_s = FIRST_WAIT_S
    while True:
        try:
            return call()
        except Unavailable:
            # Full jitter: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
            wait_s = random.uniform(0, longest_s)  # noqa: S311 - spreads load, guards nothing
            if wait_s * 1.5 > left_s():
                raise
            sleep(wait_s)
            longest_s = min(2 * longest_s, LONGEST_WAIT_S)
