"""The content of dead letters, and their way to the queue."""

from collections.abc import Iterator

import boto3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.shared.aws.clients import client
from functions.shared.correlation import current
from functions.shared.errors import Unavailable
from functions.shared.messaging.dead_letter_queue import DeadLetterQueue
from functions.shared.messaging.dead_letters import LONGEST_REASON, DeadLetter, Refused, reasons_of


@pytest.fixture
def queue_url(aws: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    client.cache_clear()
    url = boto3.client("sqs").create_queue(QueueName="dlq")["QueueUrl"]
    monkeypatch.setenv("DEAD_LETTER_QUEUE_URL", url)
    yield url
    client.cache_clear()


def test_a_dead_letter_arrives_with_its_reasons(queue_url: str) -> None:
    reasons = reasons_of(Refused("Another owner."), function="activity.consumer")

    DeadLetterQueue().add(DeadLetter(body="{}", group="a", reasons=reasons))

    [message] = boto3.client("sqs").receive_message(
        QueueUrl=queue_url, MessageAttributeNames=["All"], AttributeNames=["All"]
    )["Messages"]
    said = {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}
    assert said == reasons
    assert said["function"] == "activity.consumer"
    assert said["request_id"] == current().request_id
    assert message["Body"] == "{}"
    assert message["Attributes"]["MessageGroupId"] == "a"


def test_only_what_was_written_to_be_shown_is_quoted() -> None:
    assert reasons_of(Unavailable("Busy."), function="f")["reason"] == "Busy."
    assert reasons_of(OSError("ada@example.com"), function="f")["reason"] == "OSError"


@given(st.text())
def test_a_reason_is_one_that_the_queue_takes(text: str) -> None:
    reason = reasons_of(Refused(text), function="f")["reason"]

    assert 1 <= len(reason) <= LONGEST_REASON
    assert all(character in "\t\n\r" or character >= " " for character in reason)
    assert not any("\ud800" <= character <= "\udfff" for character in reason)
