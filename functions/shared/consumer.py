"""The consumer: takes events from its queue, one by one, each with effect once however often it is delivered."""

import json
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from functions.shared.correlation import correlate
from functions.shared.events import Event, MalformedEvent
from functions.shared.inbox import AlreadySeen
from functions.shared.observability import count, flush_metrics, log_as, log_unexpected, logger


class Effect(Protocol):
    """What a consumer does with an event, its inbox record written in the same transaction."""

    def __call__(self, event: Event) -> None:
        """Take effect.

        Raises:
            AlreadySeen: It has taken effect before.
        """


def consumer_handler(effect: Effect) -> Callable[[dict[str, Any], Any], Mapping[str, Any]]:
    """Return the Lambda handler of a consumer: what fails is delivered again, the rest of its batch stays done."""
    # A batch that fails whole is reported item by item like any other: raising would say the same less precisely.
    processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)

    def take(record: SQSRecord) -> None:
        # A message that cannot be read must not be logged under the identity of the one before.
        log_as(correlate())
        try:
            _take(record, effect)
        except Exception as error:
            count("EventsFailed")
            log_unexpected("event failed", error, message_id=record.message_id)
            raise

    def handler(event: dict[str, Any], context: Any) -> Mapping[str, Any]:  # noqa: ANN401 - the Lambda context
        answer = process_partial_response(event=event, record_handler=take, processor=processor, context=context)
        flush_metrics()
        return answer

    return handler


def _take(record: SQSRecord, effect: Effect) -> None:
    try:
        event = Event.from_envelope(json.loads(record.body)["detail"])
    except (KeyError, TypeError, ValueError) as error:
        raise MalformedEvent(f"The message is no event from the bus: {error!r}.") from error
    # What the effect publishes in its turn carries it on.
    log_as(correlate(request_id=event.correlation.request_id, traceparent=event.correlation.traceparent))
    try:
        effect(event)
    except AlreadySeen:
        count("EventsSeenAgain")
        logger.info("event seen again", event_id=event.event_id, event_type=event.type)
    else:
        count("EventsConsumed")
        logger.info("event consumed", event_id=event.event_id, event_type=event.type)
