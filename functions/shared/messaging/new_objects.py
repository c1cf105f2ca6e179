"""The consumer of new objects: takes what S3 tells of them from its queue, one by one.

S3 tells at least once, and in no order: https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
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
    """An object that was created, in a bucket with versions."""

    key: str
    object_version: str


def new_object_handler(effect: Callable[[NewObject], None], *, dead_letters: DeadLetters | None = None) -> BatchHandler:
    """Return the Lambda handler: what fails is delivered again, the rest of its batch stays done.

    S3 knows nothing of the request that signed the upload: what follows has an identity of its own.

    Args:
        effect: Raises `AlreadySeen` for what has taken effect before, and `Refused` for what never can.
        dead_letters: The function's own dead-letter queue, unless another is given.
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
        told = json.loads(body)["detail"]["object"]
        return NewObject(key=str(told["key"]), object_version=str(told["version-id"]))
    except (KeyError, TypeError, ValueError) as error:
        raise MalformedEvent(f"The message tells of no object with a version: {error!r}.") from error
