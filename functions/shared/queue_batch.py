"""The loop over a batch of messages from a queue: what fails comes again alone, the rest of its batch stays done."""

from collections.abc import Callable, Mapping
from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from functions.shared.correlation import correlate
from functions.shared.observability import count, flush_metrics, log_as, log_unexpected

type BatchHandler = Callable[[dict[str, Any], Any], Mapping[str, Any]]


def batch_handler(take: Callable[[SQSRecord], None], *, kind: str) -> BatchHandler:
    """Return a Lambda handler that takes the messages of a batch one by one.

    Args:
        take: Takes one message, or raises; then the message comes again after the queue's visibility timeout.
        kind: What a message is, in the logs and metrics: `event` counts `EventsFailed`.
    """
    # A batch that fails whole is reported item by item like any other: raising would say the same less precisely.
    processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)

    def take_one(record: SQSRecord) -> None:
        # A message that cannot be read must not be logged under the identity of the one before.
        log_as(correlate())
        try:
            take(record)
        except Exception as error:
            count(f"{kind.capitalize()}sFailed")
            log_unexpected(f"{kind} failed", error, message_id=record.message_id)
            raise

    def handler(event: dict[str, Any], context: Any) -> Mapping[str, Any]:  # noqa: ANN401 - the Lambda context
        answer = process_partial_response(event=event, record_handler=take_one, processor=processor, context=context)
        flush_metrics()
        return answer

    return handler
