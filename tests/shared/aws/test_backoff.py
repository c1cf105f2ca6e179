"""A busy call is retried with growing waits, for as long as there is time."""

import pytest

from functions.shared.aws.backoff import FIRST_WAIT_S, LONGEST_WAIT_S, again_while_busy
from functions.shared.errors import NotFound, Unavailable
from functions.shared.invocation import invocation
from tests.lambda_client import LambdaContext


class Busy:
    """A call that is unavailable for the given number of times."""

    def __init__(self, times: int) -> None:
        self.times = times
        self.calls = 0

    def __call__(self) -> int:
        self.calls += 1
        if self.calls <= self.times:
            raise Unavailable
        return self.calls


class Clock(LambdaContext):
    """A Lambda context with a time that runs with each wait."""

    def __init__(self, left_s: float) -> None:
        self.left_s = left_s

    def sleep(self, wait_s: float) -> None:
        self.left_s -= wait_s

    def get_remaining_time_in_millis(self) -> int:
        return int(self.left_s * 1000)


def test_the_answer_comes_after_as_many_calls_as_it_takes() -> None:
    waits: list[float] = []

    assert again_while_busy(Busy(20), sleep=waits.append) == 21

    assert len(waits) == 20
    assert all(0 <= wait <= min(FIRST_WAIT_S * 2**number, LONGEST_WAIT_S) for number, wait in enumerate(waits))
    assert len(set(waits)) > 10


def test_without_time_for_another_wait_it_stays_unavailable() -> None:
    busy, clock = Busy(1000), Clock(10.0)

    with invocation(clock), pytest.raises(Unavailable):
        again_while_busy(busy, margin_s=7.0, sleep=clock.sleep)

    assert clock.left_s >= 7.0
    assert busy.calls > 3


def test_any_other_error_passes_at_once() -> None:
    def call() -> None:
        raise NotFound("It is not there.")

    with pytest.raises(NotFound):
        again_while_busy(call)
