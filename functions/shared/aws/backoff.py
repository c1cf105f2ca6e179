"""Retries of calls to a busy dependency: exponential backoff with full jitter, while the invocation has time."""

import random
import time
from collections.abc import Callable

from functions.shared.errors import Unavailable
from functions.shared.invocation import time_left_s

FIRST_WAIT_S = 0.05
LONGEST_WAIT_S = 5.0
# The time that the answer and the logs take after the last call.
MARGIN_S = 2.0


def again_while_busy[T](
    call: Callable[[], T],
    *,
    margin_s: float = MARGIN_S,
    left_s: Callable[[], float] | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> T:
    """Repeat a call until it does not raise `Unavailable`, and return its result.

    Args:
        call: May run more than once.
        margin_s: The time of the invocation that is kept for the work after the call. A wait starts only if 1.5 times
            its length is left in addition, so that the call still has time.
        left_s: Returns the seconds left for the call; by default the invocation's, minus the margin.
        sleep: Waits.

    Raises:
        Unavailable: The call was still busy when there was no time for another wait.
    """
    longest_s = FIRST_WAIT_S
    while True:
        try:
            return call()
        except Unavailable:
            # Full jitter: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
            wait_s = random.uniform(0, longest_s)  # noqa: S311 - spreads load, guards nothing
            if wait_s * 1.5 > (left_s() if left_s else time_left_s() - margin_s):
                raise
            sleep(wait_s)
            longest_s = min(2 * longest_s, LONGEST_WAIT_S)
