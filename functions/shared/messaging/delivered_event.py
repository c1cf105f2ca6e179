"""The consumer of events as the bus delivers them: events of AWS, which have no CloudEvents envelope, and our own.

A domain event is checked like in `consumer.py`, but the effect receives the whole event of EventBridge:
https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from functions.shared.correlation import correlate
from functions.shared.messaging.consumer import check_claimed
from functions.shared.messaging.dead_letters import DeadLetters
from functions.shared.messaging.event_checks import incoming
from functions.shared.messaging.events import Event, MalformedEvent
from functions.shared.messaging.inbox import AlreadySeen
from functions.shared.messaging.queue_batch import BatchHandler, batch_handler
from functions.shared.observability import count, log_as, logger

# The sources of AWS begin with this, and no other sender may use it.
AWS = "aws."


def delivered_event_handler(
    effect: Callable[[Mapping[str, Any]], None], *, dead_letters: DeadLetters | None = None
) -> BatchHandler:
    """Return the Lambda handler: only the failed events of a batch are delivered again.

    Args:
        effect: Raises `AlreadySeen` if it has taken effect before, and `Refused` if it never can.
        dead_letters: The store of dead letters; the function's own dead-letter queue by default.
    """
    return batch_handler(lambda record: _take(record, effect), kind="event", dead_letters=dead_letters)


def _take(record: SQSRecord, effect: Callable[[Mapping[str, Any]], None]) -> None:
    try:
        delivered = json.loads(record.body)
        event_type, source = str(delivered["detail-type"]), str(delivered["source"])
        ours = None if source.startswith(AWS) else Event.from_envelope(delivered["detail"])
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise MalformedEvent(f"The message is not an event from a bus: {error!r}.") from error
    if ours is not None:
        log_as(correlate(request_id=ours.correlation.request_id, traceparent=ours.correlation.traceparent))
        check_claimed(ours)
        incoming.checked(ours)
    try:
        effect(delivered)
    except AlreadySeen:
        count("EventsSeenAgain")
        logger.info("event seen again", event_type=event_type, source=source)
    else:
        count("EventsConsumed")
        logger.info("event consumed", event_type=event_type, source=source)
