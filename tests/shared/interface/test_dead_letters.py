"""The facts of dead letters, and the look that keeps no message."""

from typing import Any

import boto3
import pytest

from functions.shared.interface.dead_letters import UNKNOWN, peek
from tests.dead_letters import event, make_queue, send

EVENT_ID = "01938b2e-7c4a-7d3f-9a51-4f0c2b6d8e10"


@pytest.fixture
def queue_url(aws: None) -> str:
    return make_queue()


def test_a_dead_letter_has_its_event_and_its_reason(queue_url: str) -> None:
    detail = event().envelope()
    parked = {"dynamodb": {"NewImage": {"envelope": {"S": event().to_json()}}}}
    send(queue_url, {"detail": detail}, reason="Another owner.", error="Refused", request_id="r-1")
    send(queue_url, {"detail": detail}, ERROR_CODE="NO_PERMISSIONS", ERROR_MESSAGE="May not.")
    send(queue_url, {"detail": detail})
    send(queue_url, "no json", reason="The message is no event.", error="MalformedEvent")
    send(queue_url, {"reason": "Refused by the bus.", "record": parked})
    send(queue_url, {"requestContext": {"condition": "RecordAgeExceeded"}, "DDBStreamBatchInfo": {"batchSize": 9}})

    found = {(letter.about, letter.reason) for letter in peek(boto3.client("sqs"), queue_url, limit=20)}

    named = "UserCreated.v1 of users/1"
    assert found == {
        (named, "Another owner."),
        (named, "May not."),
        (named, UNKNOWN),
        ("not an event", "The message is no event."),
        (named, "Refused by the bus."),
        ("not an event", "Lambda discarded a batch of 9 records: RecordAgeExceeded"),
    }


def test_a_listed_message_can_be_received_at_once(queue_url: str) -> None:
    for _ in range(12):
        send(queue_url, {"detail": event().envelope()})

    assert len(peek(boto3.client("sqs"), queue_url, limit=11)) == 11
    assert len(peek(boto3.client("sqs"), queue_url, limit=50)) == 12


@pytest.mark.parametrize(
    ("body", "about", "reason"),
    [
        ({"detail": {"type": "Ada Lovelace", "subject": "users/1"}}, "not an event", UNKNOWN),
        (
            {"detail": {"type": "UserCreated.v1", "subject": "ada@example.com"}},
            "UserCreated.v1 of an unknown subject",
            UNKNOWN,
        ),
        ({"reason": "Ada asked for it", "detail": {}}, "not an event", UNKNOWN),
        (
            {"source": "aws.ecs", "detail-type": "ECS Deployment State Change", "detail": {}},
            "ECS Deployment State Change of aws.ecs",
            UNKNOWN,
        ),
        ({"request_id": "ada@example.com", "traceparent": "", "content": {"name": "Ada"}}, "a task", UNKNOWN),
        ([1], "not an event", UNKNOWN),
    ],
)
def test_a_body_tells_types_and_ids_and_nothing_else(queue_url: str, body: Any, about: str, reason: str) -> None:
    send(queue_url, body)

    [letter] = peek(boto3.client("sqs"), queue_url, limit=1)

    assert (letter.about, letter.reason, letter.request_id) == (about, reason, "")
    assert "Ada" not in repr(letter)
    assert "ada@" not in repr(letter)


def test_an_event_tells_its_id_and_letters_that_differ_in_ids_have_one_cause(queue_url: str) -> None:
    for number in (1, 22):
        send(
            queue_url,
            {"detail": event().envelope() | {"id": EVENT_ID}},
            reason=f"{EVENT_ID} has {number} parts.",
            error="Refused",
        )

    first, second = peek(boto3.client("sqs"), queue_url, limit=2)

    assert first.event_id == EVENT_ID
    assert first.cause == second.cause == ("Refused", "… has … parts.")
