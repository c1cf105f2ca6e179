"""Tasks that move messages from a dead-letter queue to another queue."""

import asyncio
import json
import time
from typing import Any

from ministack.core import iam_actions
from ministack.services import sqs

from tests.local.embedded_aws.resources import arn, wait_until

URLS: dict[str, str] = {}


def call(action: str, **request: Any) -> Any:
    """Call an action of SQS; return its answer, or an error's code."""
    try:
        return asyncio.run(sqs._dispatch(action, request, request.get("QueueUrl", "")))
    except sqs._Err as error:
        return error.code


def set_up() -> None:
    """Create the queue `work`, with `dlq` as its dead-letter queue."""
    redrive = json.dumps({"deadLetterTargetArn": arn("sqs", "dlq"), "maxReceiveCount": 1})
    URLS["dlq"] = call("CreateQueue", QueueName="dlq")["QueueUrl"]
    URLS["work"] = call("CreateQueue", QueueName="work", Attributes={"RedrivePolicy": redrive})["QueueUrl"]


def send(queue: str, *bodies: str) -> None:
    for body in bodies:
        reason = {"DataType": "String", "StringValue": f"why {body}"}
        call("SendMessage", QueueUrl=URLS[queue], MessageBody=body, MessageAttributes={"reason": reason})


def bodies(queue: str) -> list[str]:
    return [each["body"] for each in sqs._queue_by_arn(arn("sqs", queue))["messages"]]


def start(source: str = "dlq", **more: Any) -> Any:
    return call("StartMessageMoveTask", SourceArn=arn("sqs", source), **more)


def task() -> dict[str, Any]:
    newest: dict[str, Any] = call("ListMessageMoveTasks", SourceArn=arn("sqs", "dlq"))["Results"][0]
    return newest


def ended() -> dict[str, Any]:
    wait_until(lambda: task()["Status"] not in {"RUNNING", "CANCELLING"})
    return task()


def test_messages_move_with_their_attributes_and_a_receive_count_of_their_own() -> None:
    set_up()
    send("work", "a", "b")
    for _ in range(2):
        call("ReceiveMessage", QueueUrl=URLS["work"], MaxNumberOfMessages=10, VisibilityTimeout=0)
    assert sorted(bodies("dlq")) == ["a", "b"]

    start()

    done = ended()
    assert (done["Status"], done["ApproximateNumberOfMessagesMoved"]) == ("COMPLETED", 2)
    assert "TaskHandle" not in done
    assert bodies("dlq") == []
    received = call(
        "ReceiveMessage",
        QueueUrl=URLS["work"],
        MaxNumberOfMessages=10,
        AttributeNames=["All"],
        MessageAttributeNames=["All"],
    )["Messages"]
    assert sorted((each["Body"], each["MessageAttributes"]["reason"]["StringValue"]) for each in received) == [
        ("a", "why a"),
        ("b", "why b"),
    ]
    for each in received:
        assert each["Attributes"]["ApproximateReceiveCount"] == "1"
        assert "DeadLetterQueueSourceArn" not in each["Attributes"]


def test_a_task_keeps_to_its_rate_and_leaves_the_rest_when_it_is_cancelled() -> None:
    set_up()
    send("dlq", *"abcdefghij")
    began_at = time.monotonic()
    handle = start(DestinationArn=arn("sqs", "work"), MaxNumberOfMessagesPerSecond=20)["TaskHandle"]

    assert start() == "UnsupportedOperation"
    wait_until(lambda: task()["ApproximateNumberOfMessagesMoved"] >= 4)
    assert time.monotonic() - began_at >= 3 / 20
    call("CancelMessageMoveTask", TaskHandle=handle)

    done = ended()
    assert done["Status"] == "CANCELLED"
    assert done["ApproximateNumberOfMessagesMoved"] == len(bodies("work")) < 10
    assert len(bodies("dlq")) + len(bodies("work")) == 10
    assert call("CancelMessageMoveTask", TaskHandle=handle) == "ResourceNotFoundException"


def test_an_invalid_task_is_refused_as_on_aws() -> None:
    set_up()
    send("dlq", "sent by hand")

    assert start("work") == "InvalidParameterValue"
    assert start("none") == "ResourceNotFoundException"
    assert start(DestinationArn=arn("sqs", "none")) == "ResourceNotFoundException"
    assert start(MaxNumberOfMessagesPerSecond=501) == "InvalidParameterValue"


def test_a_message_without_a_known_source_stays_in_the_dead_letter_queue() -> None:
    set_up()
    send("dlq", "sent by hand")

    start()

    done = ended()
    assert (done["Status"], done["FailureReason"]) == ("FAILED", "CouldNotDetermineMessageSource")
    assert bodies("dlq") == ["sent by hand"]


def test_the_right_is_needed_on_the_dead_letter_queue() -> None:
    def resource(body: dict[str, str]) -> str:
        sent = json.dumps(body).encode()
        return str(iam_actions.extract_resource_arn("sqs", "POST", "/", {}, sent, {}, "eu-west-1", "000000000000"))

    assert resource({"SourceArn": arn("sqs", "dlq"), "DestinationArn": arn("sqs", "work")}) == arn("sqs", "dlq")
    assert resource({"QueueName": "work"}) == "arn:aws:sqs:eu-west-1:000000000000:work"
