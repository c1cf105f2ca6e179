"""Runs lives in parallel; a life is the history of one seeded resource."""

import time
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field

from operate.deployed.api import Api
from operate.errors import OperateError

# The history of one resource, from its creation. A life returns True for a new resource and False for an existing one.
# It is idempotent: after an interruption at any point, another run reaches the same end.
type Life = Callable[[Api], bool]

FAILURES_MAX = 20


@dataclass(slots=True)
class Outcome:
    """The result of all lives that have ended so far.

    Attributes:
        created: The number of new resources.
        existed: The number of resources that already existed.
        failures: A message for each failed life.
        started_at: The start, by the monotonic clock.
    """

    created: int = 0
    existed: int = 0
    failures: list[str] = field(default_factory=list)
    started_at: float = field(default_factory=time.monotonic)

    @property
    def done(self) -> int:
        """The number of lives that have ended."""
        return self.created + self.existed + len(self.failures)

    @property
    def rate_per_s(self) -> float:
        """Ended lives per second."""
        return self.done / max(time.monotonic() - self.started_at, 1e-3)

    @property
    def reasons(self) -> list[tuple[str, int]]:
        """The three most frequent failures, with their number."""
        return Counter(self.failures).most_common(3)


def live(lives: Iterable[Life], api: Api, *, at_once: int) -> Generator[Outcome]:
    """Run lives, at most `at_once` in parallel, and yield the outcome whenever some have ended.

    No new life starts after `FAILURES_MAX` failures, since their cause is probably permanent.
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
            # After an interruption, running lives must not retry.
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
        outcome.created += is_new
        outcome.existed += not is_new
