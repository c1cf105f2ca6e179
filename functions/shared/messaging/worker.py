"""The worker: takes tasks from a service's own work queue."""

import json
from collections.abc import Callable

from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from functions.shared.correlation import correlate
from functions.shared.messaging.dead_letters import DeadLetters, Refused
from functions.shared.messaging.queue_batch import BatchHandler, batch_handler
from functions.shared.messaging.work_queue import Task
from functions.shared.observability import count, log_as


class MalformedTask(Refused):
    """The message is not a task; the text names the missing or wrong part."""


def worker_handler(work: Callable[[Task], None], *, dead_letters: DeadLetters | None = None) -> BatchHandler:
    """Return the Lambda handler of a worker: only the failed tasks of a batch are delivered again.

    SQS delivers at least once and in any order, so `work` must have the same effect when it runs twice.
    """
    return batch_handler(lambda record: _take(record, work), kind="task", dead_letters=dead_letters)


def _take(record: SQSRecord, work: Callable[[Task], None]) -> None:
    try:
        message = json.loads(record.body)
        request_id, traceparent = str(message["request_id"]), str(message["traceparent"])
        content, receives = dict(message["content"]), int(record.attributes.approximate_receive_count)
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise MalformedTask(f"The message is not a task: {error!r}.") from error
    correlation = correlate(request_id=request_id, traceparent=traceparent)
    log_as(correlation)
    work(Task(content=content, receives=receives, correlation=correlation))
    count("TasksDone")
