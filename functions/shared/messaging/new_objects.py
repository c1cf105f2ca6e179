"""The consumer of new objects: takes the notifications of S3 from its queue, one by one.

S3 notifies at least once, and in no order: https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
"""

import json
from collections.abc import Callable
from dataclasses import dataclass

from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from functions.shared.messaging.dead_letters import DeadLetters
from functions.shared.messaging.events import MalformedEvent
from functions.shared.messaging.inbox import AlreadySeen
from functions.shared.messaging.queue_batch import BatchHandler, batch_handler
from functions.shared.observability import count, logger


@dataclass(frozen=True, slots=True, kw_only=True)
class NewObject:
    """A new object in a bucket with versions."""

    key: str
    object_version: str


def new_object_handler(effect: Callable[[NewObject], None], *, dead_letters: DeadLetters | None = None) -> BatchHandler:
    """Return the Lambda handler: only the failed notifications of a batch are delivered again.

    S3 does not know the request that signed the upload, so each notification gets a new request id.

    Args:
        effect: Raises `AlreadySeen` if it has taken effect before, and `Refused` if it never can.
        dead_letters: The store of dead letters; the function's own dead-letter queue by default.
    """
    return batch_handler(lambda record: _take(record, effect), kind="object", dead_letters=dead_letters)


def _take(record: SQSRecord, effect: Callable[[NewObject], None]) -> None:
    try:
        effect(_read(record.body))
    except AlreadySeen:
        count("ObjectsSeenAgain")
        logger.info("object seen again", message_id=record.message_id)
    else:
        count("ObjectsConsumed")


def _read(body: str) -> NewObject:
    try:
        notified = json.loads(body)["detail"]["object"]
        return NewObject(key=str(notified["key"]), object_version=str(notified["version-id"]))
    except (KeyError, TypeError, ValueError) as error:
        raise MalformedEvent(f"The message names no object with a version: {error!r}.") from error
