"""The queues of dead letters, on an SQS in memory."""

import json
from typing import Any

import boto3
import pytest

from functions.console.letters import Depth
from functions.console.queues import Queues
from functions.shared.errors import Unavailable
from tests.console.letter_fakes import CONSUMER


@pytest.fixture
def sqs(aws: None) -> Any:
    """SQS with the two queues of the consumer, and four dead letters."""
    made = boto3.client("sqs")
    for name in (CONSUMER.name, CONSUMER.source):
        made.create_queue(QueueName=name)
    for number in range(4):
        made.send_message(
            QueueUrl=made.get_queue_url(QueueName=CONSUMER.name)["QueueUrl"],
            MessageBody=json.dumps({"number": number}),
            MessageAttributes={"reason": {"DataType": "String", "StringValue": "It was refused."}},
        )
    return made


def bodies(sqs: Any, name: str) -> list[Any]:
    url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
    found = sqs.receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0, MessageAttributeNames=["All"]
    )
    return [(json.loads(each["Body"]), each.get("MessageAttributes")) for each in found.get("Messages", [])]


def test_a_look_keeps_no_message(sqs: Any) -> None:
    queues = Queues(sqs=sqs)

    assert {letter.reason for letter in queues.look(CONSUMER, limit=3)} == {"It was refused."}
    assert queues.depth(CONSUMER) == Depth(waiting=4, held=0)


def test_one_message_moves_without_its_reason_and_the_others_stay(sqs: Any) -> None:
    queues = Queues(sqs=sqs, wait_s=0)
    chosen = queues.look(CONSUMER, limit=10)[2]

    assert queues.move_one(CONSUMER, chosen.message_id)

    [(moved, attributes)] = bodies(sqs, str(CONSUMER.source))
    assert attributes is None
    assert moved not in [body for body, _ in bodies(sqs, CONSUMER.name)]
    assert queues.depth(CONSUMER) == Depth(waiting=3, held=0)


def test_a_message_that_is_gone_moves_nothing(sqs: Any) -> None:
    assert not Queues(sqs=sqs, wait_s=0).move_one(CONSUMER, "01938b2e-7c4a-7d3f-9a51-000000000000")
    assert len(bodies(sqs, CONSUMER.name)) == 4


def test_a_refusal_of_aws_names_the_operation(aws: None) -> None:
    with pytest.raises(Unavailable, match=r"GetQueueUrl: .*NonExistentQueue"):
        Queues(sqs=boto3.client("sqs")).depth(CONSUMER)


class Moving:
    """The part of SQS that moves whole queues."""

    def __init__(self) -> None:
        self.started: list[dict[str, Any]] = []

    def get_queue_url(self, **_: Any) -> dict[str, str]:
        return {"QueueUrl": f"https://sqs/1/{CONSUMER.name}"}

    def get_queue_attributes(self, **_: Any) -> dict[str, Any]:
        return {"Attributes": {"QueueArn": f"arn:aws:sqs:eu-west-1:1:{CONSUMER.name}"}}

    def start_message_move_task(self, **asked: Any) -> None:
        self.started.append(asked)

    def list_message_move_tasks(self, **_: Any) -> dict[str, Any]:
        return {"Results": [{"Status": "RUNNING", "StartedTimestamp": 1_795_000_000_000}]}


def test_a_whole_queue_moves_to_its_source_at_a_pace() -> None:
    sqs = Moving()

    Queues(sqs=sqs).move_all(CONSUMER)

    arn = "arn:aws:sqs:eu-west-1:1:platform-test-ledger-consumer"
    assert sqs.started == [{"SourceArn": f"{arn}-dlq", "DestinationArn": arn, "MaxNumberOfMessagesPerSecond": 10}]
    [move] = Queues(sqs=sqs).list_moves(CONSUMER)
    assert (move.status, move.moved, move.to_move) == ("RUNNING", 0, None)
