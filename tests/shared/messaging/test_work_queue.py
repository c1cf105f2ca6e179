"""Tasks that are sent to a work queue, on an AWS in this process."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from functions.shared.aws.clients import client
from functions.shared.correlation import correlate
from functions.shared.errors import Unavailable
from functions.shared.messaging.work_queue import ATTEMPTS, BYTES_A_CALL, Task, WorkQueue
from functions.shared.rehearsal import Rehearsal, rehearsing


class FakeSqs:
    """A client that answers with the given answers in turn, and raises those that are exceptions."""

    def __init__(self, *answers: Any) -> None:
        self._answers = list(answers)
        self.calls: list[list[dict[str, Any]]] = []

    def send_message_batch(self, *, QueueUrl: str, Entries: list[dict[str, Any]]) -> Any:  # noqa: ARG002, N803 - botocore's
        self.calls.append(Entries)
        answer = self._answers.pop(0) if self._answers else {}
        if isinstance(answer, Exception):
            raise answer
        return answer


def failed(entry_id: str, *, fault: bool = False) -> dict[str, Any]:
    return {"Failed": [{"Id": entry_id, "Code": "InternalError", "SenderFault": fault}]}


@pytest.fixture
def queue_url(aws: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    client.cache_clear()
    url = boto3.client("sqs").create_queue(QueueName="long-hauls")["QueueUrl"]
    monkeypatch.setenv("QUEUE_LONG_HAULS_URL", url)
    yield url
    client.cache_clear()


def queue(sqs: Any, monkeypatch: pytest.MonkeyPatch) -> WorkQueue:
    monkeypatch.setenv("QUEUE_WORK_URL", "https://queue.invalid/work")
    return WorkQueue("work", sqs=sqs, sleep=lambda _: None)


def test_what_is_sent_arrives_with_the_request_that_led_to_it(queue_url: str) -> None:
    correlation = correlate()

    WorkQueue("long-hauls").send([Task(content={"number": number}, group="a") for number in range(23)])

    bodies = []
    while messages := boto3.client("sqs").receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10).get("Messages"):
        bodies += [json.loads(message["Body"]) for message in messages]
    assert sorted(body["content"]["number"] for body in bodies) == list(range(23))
    assert {body["request_id"] for body in bodies} == {correlation.request_id}
    assert {body["traceparent"] for body in bodies} == {correlation.traceparent}


def test_delay_and_group_are_told_to_the_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    sqs = FakeSqs()

    queue(sqs, monkeypatch).send([Task(content={}, delay_s=9, group="a"), Task(content={})])

    [[first, second]] = sqs.calls
    assert (first["DelaySeconds"], first["MessageGroupId"]) == (9, "a")
    assert second["DelaySeconds"] == 0
    assert "MessageGroupId" not in second


def test_calls_are_as_large_as_the_queue_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    sqs = FakeSqs()
    large = {"text": "é" * (BYTES_A_CALL // 4)}

    queue(sqs, monkeypatch).send([Task(content=large) for _ in range(3)])

    assert [len(call) for call in sqs.calls] == [1, 1, 1]
    assert all(call[0]["Id"] == "0" for call in sqs.calls)


def test_nothing_to_send_is_no_call(monkeypatch: pytest.MonkeyPatch) -> None:
    sqs = FakeSqs()

    queue(sqs, monkeypatch).send([])

    assert sqs.calls == []


def test_what_was_not_taken_for_the_moment_is_sent_again_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    sqs = FakeSqs(failed("1"))

    queue(sqs, monkeypatch).send([Task(content={"number": number}) for number in range(3)])

    assert [[entry["Id"] for entry in call] for call in sqs.calls] == [["0", "1", "2"], ["1"]]


def test_a_queue_that_never_takes_a_message_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    sqs = FakeSqs(*[failed("0")] * ATTEMPTS)

    with pytest.raises(Unavailable):
        queue(sqs, monkeypatch).send([Task(content={})])

    assert len(sqs.calls) == ATTEMPTS


def refusal(code: str, status: int) -> ClientError:
    answer: Any = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, "SendMessageBatch")


@pytest.mark.parametrize(
    "error",
    [
        EndpointConnectionError(endpoint_url="https://queue.invalid"),
        refusal("RequestThrottled", 403),
        refusal("InternalError", 500),
    ],
)
def test_a_queue_that_is_away_or_throttles_is_unavailable(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    with pytest.raises(Unavailable):
        queue(FakeSqs(error), monkeypatch).send([Task(content={})])


def test_what_is_wrong_in_itself_is_no_matter_of_availability(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ClientError):
        queue(FakeSqs(refusal("AccessDenied", 403)), monkeypatch).send([Task(content={})])
    with pytest.raises(ValueError, match="InternalError"):
        queue(FakeSqs(failed("0", fault=True)), monkeypatch).send([Task(content={})])


def test_a_rehearsal_sends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    sqs = FakeSqs()

    with rehearsing(Rehearsal(frozenset())):
        queue(sqs, monkeypatch).send([Task(content={})])

    assert sqs.calls == []
