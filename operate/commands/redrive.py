"""The command `redrive`: move dead letters back to their consumer's queue, or publish a relay's parked events again.

A rate limit protects the system that could not cope before. Messages keep their bodies, and the consumer's inbox skips
those that have already taken effect.
"""

import argparse
import time
from collections.abc import Callable, Collection
from typing import Any

from functions.shared.interface.dead_letters import REDRIVEN_PER_S
from operate.arguments import whole_number
from operate.command import Command
from operate.deployed.consumers import USUAL, Consumer
from operate.deployed.parked import ParkedEvents
from operate.errors import OperateError, UsageError
from operate.progress import Progress
from operate.target import Target

# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html
FASTEST_PER_S = 500
# The longest list of SQS: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ListMessageMoveTasks.html
_LISTED = 10
_ENDED = frozenset({"COMPLETED", "CANCELLED", "FAILED"})
_PERIOD_S = 0.5


def redrive(
    consumer: Consumer, *, per_second: int, progress: Progress, sleep: Callable[[float], None] = time.sleep
) -> bool:
    """Move a consumer's dead letters back to its queue; return True if all of them were moved.

    An exception, such as Ctrl-C, stops the move; the remaining messages stay dead letters.
    """
    sqs = consumer.target.client("sqs")
    url = sqs.get_queue_url(QueueName=consumer.dead_letter_queue)["QueueUrl"]
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])["Attributes"]
    if attributes["ApproximateNumberOfMessages"] == "0":
        progress.say(f"{consumer.name} has no dead letters.")
        return True
    before = {_started(task) for task in _tasks(sqs, consumer.dead_letter_queue_arn)}
    handle = sqs.start_message_move_task(
        SourceArn=consumer.dead_letter_queue_arn,
        # SQS does not know the source of messages that the function or the bus sent to the queue.
        DestinationArn=consumer.queue_arn,
        MaxNumberOfMessagesPerSecond=per_second,
    )["TaskHandle"]
    progress.say(f"Moving the dead letters of {consumer.name} at {per_second} per second. Ctrl-C stops the move.")
    try:
        task = _follow(
            lambda: _own(_tasks(sqs, consumer.dead_letter_queue_arn), handle, before), progress=progress, sleep=sleep
        )
    except BaseException:
        _cancel(sqs, handle, progress=progress)
        raise
    progress.say(f"{task['Status']}.{f' {reason}' if (reason := task.get('FailureReason')) else ''}")
    return str(task["Status"]) == "COMPLETED"


def _follow(find: Callable[[], Any], *, progress: Progress, sleep: Callable[[float], None]) -> Any:  # noqa: ANN401 - each command has its own state
    while True:
        task = find()
        if task is None:
            progress.show("started")
        else:
            # SQS reports the number of messages only after the task has begun.
            moved = task.get("ApproximateNumberOfMessagesMoved", 0)
            to_move = task.get("ApproximateNumberOfMessagesToMove")
            progress.show(f"{task['Status'].lower()}: {moved} of {'?' if to_move is None else to_move} moved")
            if task["Status"] in _ENDED:
                return task
        sleep(_PERIOD_S)


def _tasks(sqs: Any, source_arn: str) -> list[Any]:  # noqa: ANN401 - a boto3 client
    tasks: list[Any] = sqs.list_message_move_tasks(SourceArn=source_arn, MaxResults=_LISTED)["Results"]
    return tasks


def _own(tasks: list[Any], handle: str, before: Collection[int]) -> Any:  # noqa: ANN401 - a task of SQS
    """Find the task of a handle, or return None if SQS does not list it yet.

    SQS lists a handle only while the task runs. Afterwards the task is the first one that did not exist before. A queue
    has one task at a time, so another person's task can only have started later.
    """
    running = next((task for task in tasks if task.get("TaskHandle") == handle), None)
    ended = [task for task in tasks if task["Status"] in _ENDED and _started(task) not in before]
    return running or min(ended, key=_started, default=None)


def _started(task: Any) -> int:  # noqa: ANN401 - a task of SQS
    """Return the start of a task in milliseconds; it is unique among the tasks of a queue."""
    return int(task["StartedTimestamp"])


def _cancel(sqs: Any, handle: str, *, progress: Progress) -> None:  # noqa: ANN401 - a boto3 client
    try:
        moved = sqs.cancel_message_move_task(TaskHandle=handle)["ApproximateNumberOfMessagesMoved"]
    except sqs.exceptions.ResourceNotFoundException:
        progress.say("The move had already ended.")
    else:
        progress.say(f"Stopped after {moved} messages; the others are still dead letters.")


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--service", required=True, help="the service with the dead letters or parked events")
    parser.add_argument("--function", help="a consumer, a worker or the relay; optional if the service has only one")
    parser.add_argument(
        "--per-second",
        type=whole_number(1, FASTEST_PER_S),
        default=REDRIVEN_PER_S,
        help=f"messages per second at most, 1 to {FASTEST_PER_S}; {REDRIVEN_PER_S} by default",
    )


def _run(arguments: argparse.Namespace, target: Target) -> bool:
    progress, per_second = Progress(), arguments.per_second
    function = arguments.function or _only_function(target, arguments.service)
    found = target.function(arguments.service, function)
    if found.has_queue:
        consumer = Consumer(service=arguments.service, function=function, target=target)
        return redrive(consumer, per_second=per_second, progress=progress)
    if found.trigger == "outbox":
        parked = ParkedEvents(target, arguments.service, function)
        return parked.publish(per_second=per_second, progress=progress)
    raise OperateError(f"{arguments.service}.{function} has no dead letters: its trigger is {found.trigger}.")


def _only_function(target: Target, service: str) -> str:
    functions = target.manifest(service).functions
    names = [name for name, each in functions.items() if each.has_queue or each.trigger == "outbox"]
    if len(names) == 1:
        return names[0]
    # A service with a relay may also have parked events, so the function is ambiguous.
    if USUAL not in names or any(each.trigger == "outbox" for each in functions.values()):
        raise UsageError(f"Choose a function, with function=…. {service} has: {', '.join(names) or 'none'}.")
    return USUAL


COMMAND = Command(
    name="redrive",
    help="move dead letters back to their consumer, or publish parked events again",
    add_arguments=_add_arguments,
    run=_run,
)
