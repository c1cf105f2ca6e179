import io
import json
from typing import Any

import pytest

from functions.shared.correlation import correlate, current
from functions.shared.messaging.work_queue import Task, message_body
from functions.shared.messaging.worker import worker_handler
from tests.lambda_client import LambdaContext


def batch(*bodies: str, receives: int = 1) -> dict[str, Any]:
    return {
        "Records": [
            {
                "messageId": f"message-{number}",
                "body": body,
                "attributes": {"ApproximateReceiveCount": str(receives)},
                "eventSource": "aws:sqs",
            }
            for number, body in enumerate(bodies)
        ]
    }


def failures(answer: Any) -> list[str]:
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def test_work_arrives_as_it_was_sent_and_says_how_often_it_came() -> None:
    taken: list[Task] = []
    sent = message_body(Task(content={"name": "é", "parts": [1, None]}))

    answer = worker_handler(taken.append)(batch(sent, receives=3), LambdaContext())

    assert failures(answer) == []
    assert taken == [Task(content={"name": "é", "parts": [1, None]}, receives=3)]


def test_work_runs_under_the_request_that_led_to_it() -> None:
    correlations = [correlate(), correlate()]
    seen = []

    worker_handler(lambda _: seen.append(current()))(
        batch(*(message_body(Task(content={}, correlation=correlation)) for correlation in correlations)),
        LambdaContext(),
    )

    assert seen == correlations


def test_what_fails_comes_again_alone(log: io.StringIO, capsys: pytest.CaptureFixture[str]) -> None:
    def work(task: Task) -> None:
        if task.content["number"] == 1:
            raise OSError("no disk")

    messages = [message_body(Task(content={"number": number})) for number in range(3)]
    answer = worker_handler(work)(batch(*messages), LambdaContext())

    assert failures(answer) == ["message-1"]
    [line] = [json.loads(text) for text in log.getvalue().splitlines()]
    assert (line["message"], line["error"]) == ("task failed", "OSError")
    [metrics] = [json.loads(text) for text in capsys.readouterr().out.splitlines() if text.startswith('{"_aws"')]
    assert (sum(metrics["TasksDone"]), sum(metrics["TasksFailed"])) == (2, 1)


@pytest.mark.parametrize("body", ["", "no json", "[]", "{}", '{"content": {}}', '{"content": 7, "request_id": ""}'])
def test_a_message_that_is_no_work_does_not_harm_the_rest(body: str) -> None:
    taken: list[Task] = []

    answer = worker_handler(taken.append)(batch(body, message_body(Task(content={}))), LambdaContext())

    assert failures(answer) == ["message-0"]
    assert len(taken) == 1
