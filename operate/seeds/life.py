"""Lives of seeds: what one is, and how many are lived at once."""

import time
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field

from operate.deployed.api import Api
from operate.errors import OperateError

# One thing of a service, from its creation on; True when it is new, False when it was there already. It can be lived
# again, from any point where an earlier run was cut off, and ends the same.
type Life = Callable[[Api], bool]

FAILURES_MAX = 20


@dataclass(slots=True)
class Outcome:
    """How far the lives are.

    Attributes:
        made: How many are new.
        found: How many were there already.
        failures: What went wrong, a message each.
        started_at: By the monotonic clock.
    """

    made: int = 0
    found: int = 0
    failures: list[str] = field(default_factory=list)
    started_at: float = field(default_factory=time.monotonic)

    @property
    def done(self) -> int:
        """How many lives ended."""
        return self.made + self.found + len(self.failures)

    @property
    def rate_per_s(self) -> float:
        """Lives a second so far."""
        return self.done / max(time.monotonic() - self.started_at, 1e-3)

    @property
    def reasons(self) -> list[tuple[str, int]]:
        """The first failures, the most frequent ones first."""
        return Counter(self.failures).most_common(3)


def live(lives: Iterable[Life], api: Api, *, at_once: int) -> Generator[Outcome]:
    """Live them, at most `at_once` at a time, and tell the outcome so far after some have ended.

    It gives up after `FAILURES_MAX` failures: then something is wrong that does not pass.
    """
    outcome, waiting = Outcome(), iter(lives)
    with ThreadPoolExecutor(at_once) as threads:
        try:
            running = _start(threads, waiting, api, at_once)
            while running:
                ended, running = wait(running, return_when=FIRST_COMPLETED)
                for each in ended:
                    _note(each, outcome)
                if len(outcome.failures) < FAILURES_MAX:
                    running |= _start(threads, waiting, api, len(ended))
                yield outcome
        except BaseException:
            # Interrupted: those that are busy waiting for an answer need not wait on.
            api.stop()
            raise
        finally:
            threads.shutdown(cancel_futures=True)


def _start(threads: ThreadPoolExecutor, lives: Iterator[Life], api: Api, count: int) -> set[Future[bool]]:
    return {threads.submit(life, api) for _, life in zip(range(count), lives, strict=False)}


def _note(ended: Future[bool], outcome: Outcome) -> None:
    try:
        is_new = ended.result()
    except OperateError as error:
        outcome.failures.append(str(error))
    else:
        outcome.made += is_new
        outcome.found += not is_new
