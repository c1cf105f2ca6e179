"""Dead letters move back to their consumer's queue."""

import io
from typing import Any, ClassVar

import pytest

from operate.cli import main
from operate.commands.redrive import _only_function, redrive
from operate.deployed.consumers import Consumer
from operate.errors import OperateError
from operate.progress import Progress
from operate.target import Target

STARTED = 1_795_000_000_000


class NotFound(Exception):
    """SQS's answer to a cancellation after the end of the task."""


class FakeSqs:
    """The part of SQS that moves messages.

    Attributes:
        tasks: The states of the started task, in order; a running task has its handle.
        others: Other people's tasks, which it lists before and after the started one.
    """

    class exceptions:  # noqa: N801 - as boto3 names it
        ResourceNotFoundException: ClassVar[type[Exception]] = NotFound

    def __init__(self, *tasks: dict[str, Any], waiting: int = 3) -> None:
        self.tasks = list(tasks)
        self.waiting = waiting
        self.others: tuple[dict[str, Any], ...] = ()
        self.started: list[dict[str, Any]] = []
        self.cancelled: list[str] = []

    def get_queue_url(self, *, QueueName: str) -> dict[str, str]:  # noqa: N803 - as boto3 names it
        return {"QueueUrl": QueueName}

    def get_queue_attributes(self, **_: Any) -> dict[str, dict[str, str]]:
        return {"Attributes": {"ApproximateNumberOfMessages": str(self.waiting)}}

    def start_message_move_task(self, **request: Any) -> dict[str, str]:
        self.started.append(request)
        return {"TaskHandle": "handle"}

    def list_message_move_tasks(self, **_: Any) -> dict[str, list[dict[str, Any]]]:
        before = [other for other in self.others if other["StartedTimestamp"] < STARTED]
        if not self.started:
            return {"Results": before}
        own = self.tasks.pop(0) if len(self.tasks) > 1 else self.tasks[0]
        after = [other for other in self.others if other["StartedTimestamp"] > STARTED]
        return {"Results": [*after, *([own] if own else []), *before]}

    def cancel_message_move_task(self, *, TaskHandle: str) -> dict[str, int]:  # noqa: N803 - as boto3 names it
        if self.tasks[0]["Status"] == "COMPLETED":
            raise NotFound
        self.cancelled.append(TaskHandle)
        return {"ApproximateNumberOfMessagesMoved": 1}


def task(status: str, moved: int, *, handle: str = "handle", started: int = STARTED, **more: Any) -> dict[str, Any]:
    handle_of_running = {"TaskHandle": handle} if status == "RUNNING" else {}
    return (
        {"Status": status, "ApproximateNumberOfMessagesMoved": moved, "StartedTimestamp": started}
        | handle_of_running
        | more
    )


def run(sqs: FakeSqs, aws: None, **more: Any) -> tuple[bool, str]:
    stream = io.StringIO()
    consumer = Consumer(service="activity", function="consumer", target=Target("dev", {}, clients={"sqs": sqs}))
    options = {"sleep": lambda _: None} | more
    return redrive(consumer, per_second=7, progress=Progress(stream), **options), stream.getvalue()


def interrupt(_: float) -> None:
    raise KeyboardInterrupt


def test_dead_letters_move_to_the_consumer_s_queue_at_the_requested_rate(aws: None) -> None:
    sqs = FakeSqs(task("RUNNING", 0), task("RUNNING", 2, ApproximateNumberOfMessagesToMove=3), task("COMPLETED", 3))

    done, printed = run(sqs, aws)

    queue = "arn:aws:sqs:eu-west-1:123456789012:platform-dev-activity-consumer"
    assert done
    assert sqs.started == [
        {"SourceArn": f"{queue}-dlq", "DestinationArn": queue, "MaxNumberOfMessagesPerSecond": 7},
    ]
    assert printed.splitlines()[1:3] == ["running: 0 of ? moved", "running: 2 of 3 moved"]
    assert sqs.cancelled == []


def test_an_empty_dead_letter_queue_needs_no_task(aws: None) -> None:
    sqs = FakeSqs(waiting=0)

    assert run(sqs, aws) == (True, "activity.consumer has no dead letters.\n")
    assert sqs.started == []


def test_a_failed_move_is_reported_with_its_reason(aws: None) -> None:
    done, printed = run(FakeSqs(task("FAILED", 1, FailureReason="CouldNotDetermineMessageSource")), aws)

    assert not done
    assert printed.endswith("FAILED. CouldNotDetermineMessageSource\n")


def test_only_the_started_task_is_followed(aws: None) -> None:
    # SQS does not list the task at first; after its end another person starts one, which keeps running.
    sqs = FakeSqs({}, task("RUNNING", 1), task("COMPLETED", 3, ApproximateNumberOfMessagesToMove=3))
    sqs.others = (
        task("RUNNING", 70, handle="another", started=STARTED + 1),
        task("FAILED", 90, started=STARTED - 1, FailureReason="Another"),
        task("COMPLETED", 80, started=STARTED - 2),
    )

    done, printed = run(sqs, aws)

    assert done
    assert printed.splitlines()[1:] == ["started", "running: 1 of ? moved", "completed: 3 of 3 moved", "COMPLETED."]


def test_an_interruption_stops_the_move(aws: None) -> None:
    sqs = FakeSqs(task("RUNNING", 1))

    with pytest.raises(KeyboardInterrupt):
        run(sqs, aws, sleep=interrupt)

    assert sqs.cancelled == ["handle"]


def test_an_interruption_after_the_end_cancels_nothing(aws: None) -> None:
    sqs = FakeSqs(task("RUNNING", 1), task("COMPLETED", 3))

    with pytest.raises(KeyboardInterrupt):
        run(sqs, aws, sleep=interrupt)

    assert sqs.cancelled == []


def test_the_function_is_optional_if_one_is_called_consumer(capsys: pytest.CaptureFixture[str]) -> None:
    assert _only_function(Target("dev", {}), "activity") == "consumer"
    with pytest.raises(OperateError, match=r"Choose a function, with function=…\. imports has: consumer"):
        _only_function(Target("dev", {}), "imports")
    assert main(["redrive", "--service", "activity", "--function", "api", "--environment", "dev"]) == 1
    assert "activity.api has no dead letters: its trigger is http." in capsys.readouterr().err


@pytest.mark.parametrize("rate", ["0", "501", "-1", "many", "1.5"])
def test_a_rate_outside_of_the_limits_of_sqs_is_rejected(rate: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["redrive", "--service", "activity", "--per-second", rate])

    assert "expected a number from 1 to 500" in capsys.readouterr().err


def test_an_unknown_service_is_rejected() -> None:
    with pytest.raises(OperateError, match="no service 'refunds'"):
        _only_function(Target("dev", {}), "refunds")
