"""What is busy is called again, later and later, for as long as there is time."""

import pytest

from functions.shared.aws.backoff import FIRST_WAIT_S, LONGEST_WAIT_S, again_while_busy
from functions.shared.errors import NotFound, Unavailable


class Busy:
    """Is unavailable for the first so many calls."""

    def __init__(self, times: int) -> None:
        self.times = times
        self.calls = 0

    def __call__(self) -> int:
        self.calls += 1
        if self.calls <= self.times:
            raise Unavailable
        return self.calls


def test_the_answer_comes_after_as_many_calls_as_it_takes() -> None:
    waits: list[float] = []

    assert again_while_busy(Busy(20), left_s=lambda: 100.0, sleep=waits.append) == 21

    assert len(waits) == 20
    assert all(0 <= wait <= min(FIRST_WAIT_S * 2**number, LONGEST_WAIT_S) for number, wait in enumerate(waits))
    assert len(set(waits)) > 10


def test_without_time_for_another_wait_it_stays_unavailable() -> None:
    busy, waited = Busy(1000), 0.0

    def sleep(wait_s: float) -> None:
        nonlocal waited
        waited += wait_s

    with pytest.raises(Unavailable):
        again_while_busy(busy, left_s=lambda: 3.0 - waited, sleep=sleep)

    assert waited <= 3.0
    assert busy.calls > 3


def test_any_other_error_passes_at_once() -> None:
    def call() -> None:
        raise NotFound("It is not there.")

    with pytest.raises(NotFound):
        again_while_busy(call, left_s=lambda: 100.0)
