"""The loop over a batch of messages from a queue: only failed messages are delivered again.

If time runs short, the remaining messages are delivered again, too: if Lambda ended the function in the middle of a
batch, the whole batch would be delivered again. The first message is always started.

A rehearsal has no dead letters: each failed message is reported. It may have no message at all, which shows that the
function starts.

A message that can never be handled, or that fails at its last receive, becomes a dead letter with the reason at once.
"""

import os
from collections.abc import Callable, Mapping
from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from functions.shared.aws.clients import ATTEMPTS, CONNECT_TIMEOUT_S, READ_TIMEOUT_S
from functions.shared.correlation import correlate
from functions.shared.errors import Unavailable
from functions.shared.interface.names import BATCHES_FAILED
from functions.shared.invocation import invocation, time_left_s
from functions.shared.messaging.dead_letter_queue import DeadLetterQueue, max_receives
from functions.shared.messaging.dead_letters import DeadLetter, DeadLetters, Refused, reasons_of
from functions.shared.observability import count, drop_metrics, flush_metrics, log_as, log_unexpected
from functions.shared.rehearsal import current_rehearsal, rehearsal_in, rehearsing

# The longest time of a call to AWS, with all attempts. A message after the first is not started with less time left.
LONGEST_CALL_S = ATTEMPTS * (CONNECT_TIMEOUT_S + READ_TIMEOUT_S)

type BatchHandler = Callable[[dict[str, Any], Any], Mapping[str, Any]]


def batch_handler(
    take: Callable[[SQSRecord], None], *, kind: str, dead_letters: DeadLetters | None = None
) -> BatchHandler:
    """Return a Lambda handler that takes the messages of a batch one by one.

    Args:
        take: Takes one message, or raises. The message is then delivered again after the queue's visibility timeout,
            unless the error is `Refused` or this was its last receive.
        kind: The name of a message in the logs and metrics: `event` counts `EventsFailed`. `BatchesFailed` counts a
            batch with a failed message, also if the message has become a dead letter.
        dead_letters: The store of dead letters; the function's own dead-letter queue by default.
    """
    # Even if every message fails, report each message; by default, Powertools raises an exception.
    processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)
    kept = dead_letters or DeadLetterQueue()
    failed: list[SQSRecord] = []

    def take_one(record: SQSRecord, *, is_late: bool) -> None:
        # A malformed message must not be logged under the request id of the message before.
        log_as(correlate())
        try:
            (_too_late if is_late else take)(record)
        except Exception as error:
            failed.append(record)
            count(f"{kind.capitalize()}sFailed")
            log_unexpected(f"{kind} failed", error, message_id=record.message_id)
            if current_rehearsal() or not (isinstance(error, Refused) or _is_last(record)):
                raise
            # If this fails as well, the message is delivered again, or SQS moves it to the queue without a reason.
            kept.add(_letter(record, error))
            count(f"{kind.capitalize()}sDead")

    def handler(event: dict[str, Any], context: Any) -> Mapping[str, Any]:  # noqa: ANN401 - the Lambda context
        if not event["Records"]:
            return {"batchItemFailures": []}
        first = event["Records"][0]["messageId"]
        rehearsal = rehearsal_in(event)

        def take_in_time(record: SQSRecord) -> None:
            take_one(record, is_late=record.message_id != first and time_left_s() < LONGEST_CALL_S)

        with invocation(context), rehearsing(rehearsal):
            answer = process_partial_response(
                event=event, record_handler=take_in_time, processor=processor, context=context
            )
        # A batch, not a message, is the unit by which a version is judged: the messages of a batch fail together.
        count(BATCHES_FAILED, bool(failed))
        failed.clear()
        (drop_metrics if rehearsal else flush_metrics)()
        return answer

    return handler


def _too_late(_: SQSRecord) -> None:
    raise Unavailable("The messages before it left no time to start this one.")


def _is_last(record: SQSRecord) -> bool:
    limit = max_receives()
    return limit is not None and int(record["attributes"].get("ApproximateReceiveCount", 1)) >= limit


def _letter(record: SQSRecord, error: BaseException) -> DeadLetter:
    function = f"{os.environ.get('SERVICE', '')}.{os.environ.get('FUNCTION', '')}"
    return DeadLetter(
        body=record.body,
        group=record["attributes"].get("MessageGroupId"),
        reasons=reasons_of(error, function=function),
    )
