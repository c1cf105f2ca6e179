"""The consumer: takes events from its queue one by one; each takes effect once, however often it is delivered."""

import json
import os
from typing import Protocol

from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from functions.shared.correlation import correlate
from functions.shared.interface.names import EVERY_EVENT
from functions.shared.messaging.dead_letters import DeadLetters, Refused
from functions.shared.messaging.event_checks import incoming
from functions.shared.messaging.events import Event, MalformedEvent
from functions.shared.messaging.inbox import AlreadySeen
from functions.shared.messaging.queue_batch import BatchHandler, batch_handler
from functions.shared.observability import count, log_as, logger


class Effect(Protocol):
    """The effect of an event, written in the same transaction as its inbox item."""

    def __call__(self, event: Event) -> None:
        """Take effect.

        Raises:
            AlreadySeen: The event has taken effect before.
            Refused: The event can never take effect.
        """


def consumer_handler(effect: Effect, *, dead_letters: DeadLetters | None = None) -> BatchHandler:
    """Return the Lambda handler of a consumer: only the failed events of a batch are delivered again.

    An event becomes a dead letter with the reason if it is `Refused`, is not named under `consumes` in the manifest, or
    fails at its last receive.
    """
    return batch_handler(lambda record: _take(record, effect), kind="event", dead_letters=dead_letters)


class Unclaimed(Refused):
    """The manifest does not name the event under `consumes`, so no contract describes it."""


def _take(record: SQSRecord, effect: Effect) -> None:
    try:
        event = Event.from_envelope(json.loads(record.body)["detail"])
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise MalformedEvent(f"The message is not an event from the bus: {error!r}.") from error
    # Events that the effect publishes have the same correlation.
    log_as(correlate(request_id=event.correlation.request_id, traceparent=event.correlation.traceparent))
    check_claimed(event)
    try:
        effect(incoming.checked(event))
    except AlreadySeen:
        count("EventsSeenAgain")
        logger.info("event seen again", event_id=event.event_id, event_type=event.type)
    else:
        count("EventsConsumed")
        logger.info("event consumed", event_id=event.event_id, event_type=event.type)


def check_claimed(event: Event) -> None:
    """Refuse an event that the manifest does not name.

    Raises:
        Unclaimed: The manifest does not name the event under `consumes`.
    """
    claimed = os.environ.get("CONSUMES", EVERY_EVENT).split(",")
    if EVERY_EVENT not in claimed and f"{event.source}/{event.type}" not in claimed:
        raise Unclaimed(f"The manifest does not name {event.source}/{event.type} under consumes.")
