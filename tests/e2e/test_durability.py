"""Events that are replayed into one consumer, become dead letters with a reason, and are moved back."""

import json
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from functions.shared.messaging.events import Event
from tests.e2e.platform_under_test import PlatformUnderTest
from tests.e2e.roles import without_action
from tests.e2e.stored import is_empty, scan
from tests.waiting import HANG_S, eventually

ACTIVITY = "platform-local-activity"
HANDLED = ["--service", "activity", "--function", "consumer"]


def test_a_replay_restores_a_wiped_table_and_reaches_no_other_consumer(platform: PlatformUnderTest, email: str) -> None:
    started_at = datetime.now(UTC) - timedelta(seconds=2)
    users = [platform.gateway.post("/users", json={"email": f"{n}.{email}"}).json()["id"] for n in range(3)]
    before = {user: eventually(lambda user=user: platform.activity(f"users/{user}")) for user in users}  # type: ignore[misc]
    wipe(platform)
    assert not any(platform.activity(f"users/{user}") for user in users)

    with another_consumer(platform) as others:
        done = platform.operate("replay", *HANDLED, "--from", started_at.isoformat())
        assert done.returncode == 0, done.stderr
        after = {user: eventually(lambda user=user: platform.activity(f"users/{user}")) for user in users}  # type: ignore[misc]
        assert after == before
        assert "COMPLETED." in done.stderr

        # The consumer has seen these events: a second replay changes nothing.
        again = platform.operate("replay", *HANDLED, "--from", started_at.isoformat())
        eventually(lambda: is_empty(platform, ACTIVITY, "ConsumerEventsQueueUrl"))
        assert again.returncode == 0, again.stderr
        assert {user: platform.activity(f"users/{user}") for user in users} == before
        assert others() == []


def test_a_malformed_event_becomes_a_dead_letter_with_its_reason_and_its_batch_succeeds(
    platform: PlatformUnderTest,
) -> None:
    good = [event() for _ in range(4)]
    poison = {"specversion": "1.0", "type": "UserCreated.v1", "subject": "users/poison", "source": "users"}

    publish(platform, *(each.envelope() for each in good[:2]), poison, *(each.envelope() for each in good[2:]))

    for each in good:
        eventually(lambda each=each: platform.activity(each.subject))  # type: ignore[misc]
    listed = eventually(lambda: dead_letters(platform))
    assert "UserCreated.v1 of users/poison  MalformedEvent: The envelope has no 'sequence'." in listed
    assert is_empty(platform, ACTIVITY, "ConsumerEventsQueueUrl")
    purge(platform)


def test_an_event_that_failed_too_often_is_kept_with_its_reason_and_takes_effect_after_a_redrive(
    platform: PlatformUnderTest,
) -> None:
    queue_url, sqs = platform.output(ACTIVITY, "ConsumerEventsQueueUrl"), platform.aws("sqs")
    events = [event() for _ in range(12)]
    sqs.set_queue_attributes(QueueUrl=queue_url, Attributes={"VisibilityTimeout": "1"})
    try:
        with without_action(platform, "activity-consumer", "dynamodb:PutItem"):
            publish(platform, *(each.envelope() for each in events))
            listed = eventually(lambda: all_listed(platform, events))
    finally:
        sqs.set_queue_attributes(QueueUrl=queue_url, Attributes={"VisibilityTimeout": "60"})
    assert "TransactWriteError in " in listed
    assert f"request {events[0].correlation.request_id}" in listed

    began = time.monotonic()
    done = platform.operate("redrive", *HANDLED, "--per-second", "4")
    took_s = time.monotonic() - began

    assert done.returncode == 0, done.stderr
    assert took_s >= (len(events) - 1) / 4
    assert f"completed: {len(events)} of {len(events)} moved" in done.stderr
    for each in events:
        [entry] = eventually(lambda each=each: platform.activity(each.subject))  # type: ignore[misc]
        assert entry["event_id"] == each.event_id
    assert dead_letters(platform) == ""


def test_an_interrupted_redrive_leaves_the_rest_where_it_was(platform: PlatformUnderTest) -> None:
    events = [event() for _ in range(12)]
    dead_letter_url = platform.output(ACTIVITY, "ConsumerEventsDeadLetterQueueUrl")
    for each in events:
        body = json.dumps({"detail": each.envelope()})
        platform.aws("sqs").send_message(QueueUrl=dead_letter_url, MessageBody=body)

    process = platform.start_operating("redrive", *HANDLED, "--per-second", "2")
    assert process.stderr
    for line in process.stderr:
        if "running: 2 of 12 moved" in line:
            break
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=HANG_S)

    assert process.returncode == 130
    assert "the others are still dead letters" in said
    eventually(lambda: is_empty(platform, ACTIVITY, "ConsumerEventsQueueUrl"))
    arrived = [each for each in events if platform.activity(each.subject)]
    assert 2 <= len(arrived) < len(events)
    assert all_listed(platform, [each for each in events if each not in arrived])

    done = platform.operate("redrive", *HANDLED, "--per-second", "100")
    assert done.returncode == 0, done.stderr
    for each in events:
        assert eventually(lambda each=each: platform.activity(each.subject))  # type: ignore[misc]


def test_an_event_that_the_manifest_does_not_name_is_parked_and_published_once_it_does(
    platform: PlatformUnderTest,
) -> None:
    undeclared = event(event_type="UserForgotten.v1")
    table, dynamodb = platform.output("platform-local-users", "TableName"), platform.aws("dynamodb")
    item = {"pk": {"S": f"OUTBOX#{undeclared.event_id}"}, "envelope": {"S": undeclared.to_json()}}
    dynamodb.put_item(TableName=table, Item=item)
    relay = ["--service", "users", "--function", "relay"]

    listed = eventually(lambda: dead_letters(platform, relay))
    assert f"UserForgotten.v1 of {undeclared.subject}" in listed
    assert "The manifest does not name users/UserForgotten.v1 under publishes." in listed
    wait_for_the_next_second()
    refused = platform.operate("redrive", *relay)
    assert refused.returncode == 1
    assert "parked 1 or more of them again: The manifest does not name" in refused.stderr

    declared = {**undeclared.envelope(), "type": "UserCreated.v1"}
    dynamodb.put_item(TableName=table, Item=item | {"envelope": {"S": json.dumps(declared)}})
    wait_for_the_next_second()
    done = platform.operate("redrive", *relay)

    assert done.returncode == 0, done.stderr
    [entry] = eventually(lambda: platform.activity(undeclared.subject))
    assert (entry["event_id"], entry["type"]) == (undeclared.event_id, "UserCreated.v1")
    assert dead_letters(platform, relay) == ""


def test_a_late_event_is_kept_and_does_not_undo_the_newest(platform: PlatformUnderTest) -> None:
    created = event()
    updated = replace(event("UserUpdated.v1"), subject=created.subject, sequence=2)
    latest = {"subject": created.subject}

    publish(platform, updated.envelope())
    eventually(lambda: platform.activity(created.subject))
    publish(platform, created.envelope(), updated.envelope())
    eventually(lambda: len(platform.activity(created.subject)) == 2)

    answer = platform.gateway.get("/activity/latest", params=latest)
    assert (answer.status_code, answer.json()["sequence"]) == (200, 2)
    assert answer.json()["event_id"] == updated.event_id


def wait_for_the_next_second() -> None:
    """Wait, because `redrive` compares times of SQS, which are whole seconds."""
    began = int(time.time())
    eventually(lambda: int(time.time()) > began)


def event(event_type: str = "UserCreated.v1") -> Event:
    user_id = str(uuid4())
    return Event(
        type=event_type,
        source="users",
        subject=f"users/{user_id}",
        sequence=1,
        data={"user_id": user_id, "active": True},
    )


def publish(platform: PlatformUnderTest, *details: dict[str, Any]) -> None:
    bus = platform.output("platform-local-events", "BusName")
    for start in range(0, len(details), 10):
        answer = platform.aws("events").put_events(
            Entries=[
                {"EventBusName": bus, "Source": "users", "DetailType": detail["type"], "Detail": json.dumps(detail)}
                for detail in details[start : start + 10]
            ]
        )
        assert answer["FailedEntryCount"] == 0


def dead_letters(platform: PlatformUnderTest, arguments: list[str] = HANDLED) -> str:
    """Return the list that the command prints; empty if there are no dead letters."""
    done = platform.operate("dead-letters", *arguments, "--limit", "100")
    assert done.stderr == ""
    return done.stdout if done.returncode else ""


def all_listed(platform: PlatformUnderTest, events: list[Event]) -> str:
    listed = dead_letters(platform)
    return listed if all(each.subject in listed for each in events) else ""


def purge(platform: PlatformUnderTest) -> None:
    platform.aws("sqs").purge_queue(QueueUrl=platform.output(ACTIVITY, "ConsumerEventsDeadLetterQueueUrl"))


def wipe(platform: PlatformUnderTest) -> None:
    table, dynamodb = platform.output(ACTIVITY, "TableName"), platform.aws("dynamodb")
    for item in scan(platform, ACTIVITY):
        dynamodb.delete_item(TableName=table, Key={key: item[key] for key in ("pk", "sk")})


@contextmanager
def another_consumer(platform: PlatformUnderTest) -> Iterator[Any]:
    """Add a consumer of every event for the block, which gets a function that returns the received messages."""
    bus, events, sqs = platform.output("platform-local-events", "BusName"), platform.aws("events"), platform.aws("sqs")
    url = sqs.create_queue(QueueName="another-consumer")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    rule = {"Name": "another-consumer", "EventBusName": bus}
    events.put_rule(**rule, EventPattern=json.dumps({"detail": {"specversion": ["1.0"]}}))
    events.put_targets(Rule="another-consumer", EventBusName=bus, Targets=[{"Id": "queue", "Arn": arn}])
    try:
        yield lambda: sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    finally:
        events.remove_targets(Rule="another-consumer", EventBusName=bus, Ids=["queue"])
        events.delete_rule(**rule)
        sqs.delete_queue(QueueUrl=url)
