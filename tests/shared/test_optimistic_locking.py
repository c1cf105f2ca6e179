import pytest

from functions.shared.errors import StaleVersion, Unavailable
from functions.shared.optimistic_locking import CHANGE_ATTEMPTS, retry_if_stale


class Contended:
    """A change that is stale for the given number of attempts."""

    def __init__(self, *, times: int) -> None:
        self.attempts = 0
        self.times = times

    def __call__(self) -> int:
        self.attempts += 1
        if self.attempts <= self.times:
            raise StaleVersion
        return self.attempts


def test_a_stale_attempt_is_repeated() -> None:
    assert retry_if_stale(Contended(times=CHANGE_ATTEMPTS - 1), busy="Try again.") == CHANGE_ATTEMPTS


def test_attempts_that_stay_stale_end_with_the_given_sentence() -> None:
    attempt = Contended(times=100)

    with pytest.raises(Unavailable) as error:
        retry_if_stale(attempt, busy="Others are changing it.")

    assert error.value.detail == "Others are changing it."
    assert attempt.attempts == CHANGE_ATTEMPTS


def test_a_caller_who_named_versions_is_told_at_once() -> None:
    attempt = Contended(times=1)

    with pytest.raises(StaleVersion):
        retry_if_stale(attempt, versions=frozenset({1}), busy="Try again.")

    assert attempt.attempts == 1


def test_another_error_is_not_repeated() -> None:
    calls = []

    def fail() -> None:
        calls.append(1)
        raise KeyError("name")

    with pytest.raises(KeyError):
        retry_if_stale(fail, busy="Try again.")

    assert calls == [1]
