from datetime import timedelta
from typing import Any

import pytest

from functions.operations.facts import NotOfThePlatform
from functions.operations.incidents.alarm_events import change_of
from functions.operations.incidents.domain import Told
from functions.shared.messaging.events import MalformedEvent
from tests.operations.events import NOON
from tests.operations.incidents.alarms import alarm_event, state

FAILURES = "platform-prod-users-failures"


def test_a_change_to_alarm_has_the_value_that_is_farthest_beyond_the_threshold() -> None:
    change = change_of(alarm_event(FAILURES, state("OK", -60), state("ALARM", 1, values=(7.5, 9.0), threshold=5)))

    assert change
    assert (change.alarm, change.environment, change.service) == (FAILURES, "prod", "users")
    assert (change.fired_at, change.ended_at) == (NOON + timedelta(minutes=1), None)
    assert change.told == Told(description="More than 5 % of the requests fail.", value=9.0, threshold=5)


def test_the_value_of_an_alarm_that_fires_below_its_threshold_is_the_least() -> None:
    change = change_of(
        alarm_event("platform-prod-gateway-unhealthy", state("OK", 0), state("ALARM", 1, values=(1, 0), threshold=2))
    )

    assert change
    assert change.told.value == 0


def test_the_end_alone_tells_since_when_the_alarm_fired_and_why() -> None:
    change = change_of(alarm_event(FAILURES, state("ALARM", 1, values=(8.0,)), state("OK", 9, values=(0.0,))))

    assert change
    assert (change.fired_at, change.ended_at) == (NOON + timedelta(minutes=1), NOON + timedelta(minutes=9))
    assert change.told.value == 8


def test_a_composite_alarm_has_no_numbers() -> None:
    after = state("ALARM", 1, values=()) | {"reasonData": '{"triggeringAlarms": []}'}

    change = change_of(alarm_event("platform-prod-users-budget-fast", state("OK", 0, values=()), after))

    assert change
    assert (change.told.value, change.told.threshold) == (None, None)


@pytest.mark.parametrize(
    ("alarm", "before", "after"),
    [
        (FAILURES, "INSUFFICIENT_DATA", "OK"),
        (FAILURES, "OK", "INSUFFICIENT_DATA"),
        (FAILURES, "ALARM", "ALARM"),
        ("platform-prod-users-api-release-failures-42", "OK", "ALARM"),
        ("platform-prod-users-budget-fast-long", "OK", "ALARM"),
        ("platform-prod-users-budget-slow-short", "OK", "ALARM"),
    ],
)
def test_what_opens_and_closes_no_incident_is_passed_over(alarm: str, before: str, after: str) -> None:
    assert change_of(alarm_event(alarm, state(before, 0), state(after, 1))) is None


def test_an_alarm_that_loses_its_data_has_ended() -> None:
    change = change_of(alarm_event(FAILURES, state("ALARM", 0), state("INSUFFICIENT_DATA", 4)))

    assert change
    assert change.ended_at == NOON + timedelta(minutes=4)


def test_an_alarm_of_another_application_is_refused() -> None:
    with pytest.raises(NotOfThePlatform):
        change_of(alarm_event("shop-prod-users-failures", state("OK", 0), state("ALARM", 1)))


@pytest.mark.parametrize(
    "broken",
    [{"detail": None}, {"detail": {}}, {"detail": {"alarmName": FAILURES, "state": {}, "previousState": {}}}],
)
def test_a_malformed_event_is_refused(broken: dict[str, Any]) -> None:
    with pytest.raises(MalformedEvent):
        change_of(alarm_event(FAILURES, state("OK", 0), state("ALARM", 1)) | broken)


def test_numbers_that_are_no_json_are_refused() -> None:
    after = state("ALARM", 1) | {"reasonData": "{"}

    with pytest.raises(MalformedEvent):
        change_of(alarm_event(FAILURES, state("OK", 0), after))


@pytest.mark.parametrize(
    ("operation", "value", "has_ended"),
    [("delete", "ALARM", True), ("delete", "OK", False), ("update", "ALARM", False)],
)
def test_an_alarm_that_is_deleted_while_it_fires_has_ended(operation: str, value: str, *, has_ended: bool) -> None:
    event = alarm_event(FAILURES, state("OK", 0), state(value, 1))
    del event["detail"]["previousState"]
    event["detail"]["operation"] = operation

    change = change_of(event | {"detail-type": "CloudWatch Alarm Configuration Change", "time": "2026-11-23T12:09:00Z"})

    assert (change is not None) == has_ended
    if change:
        assert (change.fired_at, change.ended_at) == (NOON + timedelta(minutes=1), NOON + timedelta(minutes=9))
