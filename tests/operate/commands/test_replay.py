"""A replay to one consumer: its rules, its progress and its end."""

import argparse
import io
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import boto3
import pytest

from operate.commands.replay import INBOX_KEPT, Span, _time, replay, span_of
from operate.deployed.consumers import Consumer, consumer_of
from operate.errors import OperateError
from operate.progress import Progress
from operate.target import Target

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
BUS = "arn:aws:events:eu-west-1:123456789012:event-bus/platform-dev"


class IllegalStatus(Exception):
    """EventBridge's answer to a cancellation after the end of the replay."""


class FakeEvents:
    """The part of EventBridge that a replay needs; `states` are its answers, in order."""

    class exceptions:  # noqa: N801 - as boto3 names it
        IllegalStatusException: ClassVar[type[Exception]] = IllegalStatus

    def __init__(self, *states: tuple[str, datetime | None]) -> None:
        self.states = list(states)
        self.started: list[dict[str, Any]] = []
        self.cancelled: list[str] = []

    def describe_archive(self, *, ArchiveName: str) -> dict[str, str]:  # noqa: N803 - as boto3 names it
        return {"ArchiveArn": f"arn:archive/{ArchiveName}", "EventSourceArn": BUS}

    def start_replay(self, **request: Any) -> None:
        self.started.append(request)

    def describe_replay(self, *, ReplayName: str) -> dict[str, Any]:  # noqa: N803 - as boto3 names it
        state, reached = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        return {"ReplayName": ReplayName, "State": state, "EventLastReplayedTime": reached}

    def cancel_replay(self, *, ReplayName: str) -> None:  # noqa: N803 - as boto3 names it
        if self.states[0][0] == "COMPLETED":
            raise IllegalStatus
        self.cancelled.append(ReplayName)

    def get_paginator(self, _: str) -> Any:
        class Pages:
            def paginate(self, **_: str) -> Sequence[dict[str, list[str]]]:
                return [{"RuleNames": ["b"]}, {"RuleNames": ["a"]}]

        return Pages()

    def describe_rule(self, *, Name: str, EventBusName: str) -> dict[str, str]:  # noqa: N803 - as boto3 names it
        return {"Arn": f"arn:rule/{EventBusName}/{Name}"}


def consumer(events: Any, aws: None) -> Consumer:
    return consumer_of(Target("dev", {}, clients={"events": events}), "activity", None)


def run(events: FakeEvents, **more: Any) -> tuple[bool, str]:
    stream = io.StringIO()
    done = replay(
        consumer(events, None),
        Span(start=NOON - HOUR, end=NOON),
        progress=Progress(stream),
        **{"sleep": lambda _: None} | more,
    )
    return done, stream.getvalue()


def test_only_the_consumer_s_own_rules_receive_the_events(aws: None) -> None:
    events = FakeEvents(("COMPLETED", NOON))

    done, _ = run(events)

    [request] = events.started
    assert done
    assert request["Destination"] == {
        "Arn": BUS,
        "FilterArns": ["arn:rule/platform-dev/a", "arn:rule/platform-dev/b"],
    }
    assert (request["EventStartTime"], request["EventEndTime"]) == (NOON - HOUR, NOON)
    assert request["EventSourceArn"] == "arn:archive/platform-dev"
    assert events.cancelled == []


def test_progress_is_shown_until_the_end(aws: None) -> None:
    events = FakeEvents(("STARTING", None), ("RUNNING", NOON - HOUR / 2), ("COMPLETED", NOON))

    _, printed = run(events)

    assert printed.splitlines()[1:] == [
        "starting: no event replayed yet",
        "running:  50 %, at 2026-11-23T11:30:00+0000",
        "COMPLETED.",
    ]


def test_a_replay_whose_last_event_is_older_than_the_end_is_not_shown_as_partial(aws: None) -> None:
    _, printed = run(FakeEvents(("RUNNING", NOON - HOUR), ("COMPLETED", NOON - HOUR / 2)))

    assert printed.splitlines()[-1] == "COMPLETED."
    assert "50 %" not in printed


def test_a_failed_replay_is_a_failure(aws: None) -> None:
    done, printed = run(FakeEvents(("RUNNING", None), ("FAILED", None)))

    assert not done
    assert printed.endswith("FAILED.\n")


def test_an_interruption_cancels_the_replay(aws: None) -> None:
    def interrupt(_: float) -> None:
        raise KeyboardInterrupt

    events = FakeEvents(("RUNNING", None))

    with pytest.raises(KeyboardInterrupt):
        run(events, sleep=interrupt)

    assert events.cancelled == [events.started[0]["ReplayName"]]


def test_an_interruption_after_the_end_cancels_nothing(aws: None) -> None:
    events = FakeEvents(("RUNNING", None), ("COMPLETED", None))

    def interrupt(_: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(events, sleep=interrupt)

    assert events.cancelled == []


def test_the_rules_are_found_by_their_target_queue(aws: None) -> None:
    events = boto3.client("events")
    events.create_event_bus(Name="platform-dev")
    found = consumer(events, None)
    pattern = '{"detail": {"specversion": ["1.0"]}}'
    for name, queue in (("ours", found.queue_arn), ("theirs", f"{found.queue_arn}-x")):
        events.put_rule(Name=name, EventBusName="platform-dev", EventPattern=pattern)
        events.put_targets(Rule=name, EventBusName="platform-dev", Targets=[{"Id": "queue", "Arn": queue}])

    [arn] = found.rule_arns("platform-dev")

    assert arn.endswith(":rule/platform-dev/ours")


def test_a_consumer_that_is_not_deployed_is_reported(aws: None) -> None:
    events = boto3.client("events")
    events.create_event_bus(Name="platform-dev")

    with pytest.raises(OperateError, match=r"Is activity\.consumer deployed"):
        consumer(events, None).rule_arns("platform-dev")


@pytest.mark.parametrize(
    ("service", "function", "message"),
    [
        ("users", None, r"users has the consumers gatekeeper, importer, exporter\. Choose one: function=gatekeeper"),
        (
            "users",
            "relay",
            r"users\.relay does not consume events\. users has the consumers gatekeeper, importer, exporter",
        ),
        ("activity", "api", r"activity\.api does not consume events\. activity has the consumers consumer, exporter"),
        ("activity", "other", "activity has no function 'other'"),
    ],
)
def test_a_function_that_is_not_a_consumer_is_rejected(service: str, function: str | None, message: str) -> None:
    with pytest.raises(OperateError, match=message):
        consumer_of(Target("dev", {}), service, function)


def test_a_service_without_consumers_is_rejected() -> None:
    target = Target("dev", {})
    users = target.manifests["users"]
    without_consumers = users.model_copy(update={"functions": users.functions_of("outbox")})
    target.manifests = {"users": without_consumers}

    with pytest.raises(OperateError, match=r"users has no consumer\.$"):
        consumer_of(target, "users", None)


@pytest.mark.parametrize(("start", "end"), [(NOON, NOON), (NOON, NOON - HOUR), (NOON + HOUR, None)])
def test_an_empty_span_is_rejected(start: datetime, end: datetime | None) -> None:
    with pytest.raises(OperateError, match="There is no time between"):
        span_of(start, end, may_repeat=False, now=NOON)


def test_a_span_ends_now_at_the_latest() -> None:
    assert span_of(NOON - HOUR, NOON + HOUR, may_repeat=False, now=NOON).end == NOON
    assert span_of(NOON - HOUR, None, may_repeat=False, now=NOON).end == NOON


def test_events_that_the_inbox_has_forgotten_need_an_explicit_option() -> None:
    before = NOON - INBOX_KEPT - HOUR

    with pytest.raises(OperateError, match="effects_may_repeat=1"):
        span_of(before, None, may_repeat=False, now=NOON)

    assert span_of(before, None, may_repeat=True, now=NOON).start == before


@pytest.mark.parametrize("text", ["noon", "2026-11-23T10:00", "2026-13-01T10:00Z", ""])
def test_an_invalid_time_or_a_time_without_a_zone_is_rejected(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="2026-11-23T10:00Z"):
        _time(text)


def test_a_time_can_have_any_zone() -> None:
    assert _time("2026-11-23T13:00+01:00") == NOON
