"""The consumer of new objects: takes what S3 tells of them from its queue, one by one.

S3 tells at least once, and in no order: https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from functions.shared.correlation import correlate
from functions.shared.events import MalformedEvent
from functions.shared.inbox import AlreadySeen
from functions.shared.observability import count, flush_metrics, log_as, log_unexpected, logger


@dataclass(frozen=True, slots=True, kw_only=True)
class NewObject:
    """An object that was created, in a bucket with versions."""

    key: str
    object_version: str


def new_object_handler(effect: Callable[[NewObject], None]) -> Callable[[dict[str, Any], Any], Mapping[str, Any]]:
    """Return the Lambda handler: what fails is delivered again, the rest of its batch stays done.

    Args:
        effect: Raises `AlreadySeen` for what has taken effect before.
    """
    processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)

    def take(record: SQSRecord) -> None:
        # S3 knows nothing of the request that signed the upload: what follows has an identity of its own.
        log_as(correlate())
        try:
            effect(_read(record.body))
        except AlreadySeen:
            count("ObjectsSeenAgain")
            logger.info("object seen again", message_id=record.message_id)
        except Exception as error:
            count("ObjectsFailed")
            log_unexpected("object failed", error, message_id=record.message_id)
            raise
        else:
            count("ObjectsConsumed")

    def handler(event: dict[str, Any], context: Any) -> Mapping[str, Any]:  # noqa: ANN401 - the Lambda context
        answer = process_partial_response(event=event, record_handler=take, processor=processor, context=context)
        flush_metrics()
        return answer

    return handler


def _read(body: str) -> NewObject:
    try:
        told = json.loads(body)["detail"]["object"]
        return NewObject(key=str(told["key"]), object_version=str(told["version-id"]))
    except (KeyError, TypeError, ValueError) as error:
        raise MalformedEvent(f"The message tells of no object with a version: {error!r}.") from error
