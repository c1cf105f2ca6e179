"""Work on its way through a queue of the service's own: what it is, and the worker that takes it."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from functions.shared.correlation import correlate
from functions.shared.messaging.dead_letters import DeadLetters
from functions.shared.messaging.queue_batch import BatchHandler, batch_handler
from functions.shared.messaging.refusal import Refused
from functions.shared.observability import count, log_as


class MalformedWork(Refused):
    """A message is no work of ours; its text says what is missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """A piece of work as the worker gets it.

    Attributes:
        content: What was sent, JSON values.
        receives: How often it has been received, this time included; more than 1 after a failure or a crash.
    """

    content: Mapping[str, Any]
    receives: int


def worker_handler(work: Callable[[Work], None], *, dead_letters: DeadLetters | None = None) -> BatchHandler:
    """Return the Lambda handler of a worker: what raises comes again, the rest of its batch stays done.

    SQS delivers at least once and in any order: `work` must end the same when it runs twice.
    """
    return batch_handler(lambda record: _take(record, work), kind="task", dead_letters=dead_letters)


def _take(record: SQSRecord, work: Callable[[Work], None]) -> None:
    try:
        message = json.loads(record.body)
        request_id, traceparent = str(message["request_id"]), str(message["traceparent"])
        taken = Work(content=dict(message["content"]), receives=int(record.attributes.approximate_receive_count))
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise MalformedWork(f"The message is no work of ours: {error!r}.") from error
    log_as(correlate(request_id=request_id, traceparent=traceparent))
    work(taken)
    count("TasksDone")
