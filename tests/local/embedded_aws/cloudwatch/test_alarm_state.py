"""The state of an alarm."""

import pytest

from local.embedded_aws.cloudwatch.alarm_state import Threshold, state_of


def threshold(*, comparison: str = "GreaterThanThreshold", needed: int = 2, missing: str = "missing") -> Threshold:
    return Threshold(comparison=comparison, number=5.0, needed=needed, missing=missing)


@pytest.mark.parametrize(
    ("values", "state"),
    [
        ([6.0, 1.0, 6.0], "ALARM"),
        ([6.0, 1.0, 1.0], "OK"),
        ([6.0, 6.0, None], "ALARM"),
        ([6.0, None, None], "OK"),
        ([None, None, None], "INSUFFICIENT_DATA"),
    ],
)
def test_an_alarm_fires_when_enough_periods_breach(values: list[float | None], state: str) -> None:
    assert state_of(values, threshold(), before="OK") == state


@pytest.mark.parametrize(
    ("missing", "before", "state"),
    [
        ("notBreaching", "ALARM", "OK"),
        ("breaching", "OK", "ALARM"),
        ("ignore", "ALARM", "ALARM"),
        ("ignore", "OK", "OK"),
        ("missing", "ALARM", "INSUFFICIENT_DATA"),
    ],
)
def test_missing_values_count_as_the_alarm_declares(missing: str, before: str, state: str) -> None:
    assert state_of([None, None], threshold(missing=missing), before=before) == state


@pytest.mark.parametrize(
    ("comparison", "value", "state"),
    [
        ("GreaterThanThreshold", 5.0, "OK"),
        ("GreaterThanOrEqualToThreshold", 5.0, "ALARM"),
        ("LessThanThreshold", 5.0, "OK"),
        ("LessThanOrEqualToThreshold", 5.0, "ALARM"),
        ("LessThanThreshold", 4.9, "ALARM"),
    ],
)
def test_a_value_is_compared_with_the_operator_of_the_alarm(comparison: str, value: float, state: str) -> None:
    assert state_of([value], threshold(comparison=comparison, needed=1), before="OK") == state
