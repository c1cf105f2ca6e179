"""Dead letters as operators see them, on the console and in the commands: their queues, and the facts that each tells.

Nothing here keeps or shows personal data: of a body only types, ids and names of AWS are read, each by its pattern.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

# The ends of the names of the queue behind another queue, and of the queue of events that a relay cannot publish.
DEAD_LETTERS, PARKED = "-dlq", "-parked"
# A redrive protects the system that could not cope before.
REDRIVEN_PER_S = 10
UNKNOWN = "no reason: the function was killed or timed out before it could record one; see its logs"

# SQS hides a message for this time if the reader dies before it releases the message.
_HELD_S = 30
# The most messages of a call: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html
_CALL = 10
# The attributes that our functions write, and those of EventBridge for an event that it could not deliver:
# https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
_REASONS = ("reason", "ERROR_MESSAGE", "ERROR_CODE")
_TYPE = re.compile(r"[A-Z][A-Za-z0-9]{0,63}\.v[0-9]{1,3}")
_SUBJECT = re.compile(r"[a-z]{1,20}(/[a-z]{1,20}|/[0-9a-f-]{1,40})+")
_AWS = re.compile(r"aws\.[a-z0-9]{1,30}")
_DETAIL_TYPE = re.compile(r"[A-Z][A-Za-z -]{1,60}")
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# Two reasons that differ only in these are one cause.
_PARTICULARS = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\b\d+\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """A message that needs a person's attention.

    Attributes:
        message_id: The id that SQS gave to it.
        sent_at: The time at which it came into its queue or, if SQS itself moved it, into the queue before.
        about: The type of its event and the subject, or another word for its content.
        event_id: The id of its event; empty if it is none.
        request_id: The request that led to it; empty if it names none.
    """

    message_id: str
    sent_at: datetime
    about: str
    reason: str
    error: str
    event_id: str
    request_id: str
    failed_at: str
    size_bytes: int

    @property
    def cause(self) -> tuple[str, str]:
        """The error and the reason, without the ids and numbers in which the letters of one cause differ."""
        return self.error, _PARTICULARS.sub("…", self.reason)


def peek(sqs: Any, url: str, *, limit: int) -> list[DeadLetter]:  # noqa: ANN401 - a client of SQS
    """Receive the first messages of a queue and release them at once: SQS cannot show a message otherwise."""
    held: list[Any] = []
    try:
        while len(held) < limit:
            answer = sqs.receive_message(
                QueueUrl=url,
                MaxNumberOfMessages=min(_CALL, limit - len(held)),
                VisibilityTimeout=_HELD_S,
                AttributeNames=["SentTimestamp"],
                MessageAttributeNames=["All"],
            )
            if not answer.get("Messages"):
                break
            held += answer["Messages"]
    finally:
        release(sqs, url, held)
    return [read_dead_letter(message) for message in held]


def release(sqs: Any, url: str, messages: Sequence[Any]) -> None:  # noqa: ANN401 - as above
    """Make received messages visible again."""
    for start in range(0, len(messages), _CALL):
        entries = [
            {"Id": str(number), "ReceiptHandle": message["ReceiptHandle"], "VisibilityTimeout": 0}
            for number, message in enumerate(messages[start : start + _CALL])
        ]
        sqs.change_message_visibility_batch(QueueUrl=url, Entries=entries)


def read_dead_letter(message: Any) -> DeadLetter:  # noqa: ANN401 - JSON
    """Return the facts of a message that was received with its attributes."""
    attributes = {name: value.get("StringValue", "") for name, value in message.get("MessageAttributes", {}).items()}
    body = _json(message["Body"])
    recorded = next((attributes[name] for name in _REASONS if attributes.get(name)), None)
    envelope = _envelope(body)
    return DeadLetter(
        message_id=message["MessageId"],
        sent_at=datetime.fromtimestamp(int(message["Attributes"]["SentTimestamp"]) / 1000, UTC),
        about=_about(body, envelope),
        reason=recorded or _parked_reason(body) or UNKNOWN,
        error=attributes.get("error", ""),
        event_id=_matching(_ID, envelope.get("id")),
        request_id=attributes.get("request_id") or _matching(_ID, body.get("request_id")),
        failed_at=attributes.get("failed_at", ""),
        size_bytes=len(message["Body"].encode()),
    )


def _parked_reason(body: Mapping[str, Any]) -> str:
    """Return the reason of a relay, or of Lambda for a batch, to park something; empty for another message.

    https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html
    """
    if "record" in body or "keys" in body:
        return str(body.get("reason") or "")
    if "DDBStreamBatchInfo" not in body:
        return ""
    condition = (body.get("requestContext") or {}).get("condition", "it failed for too long")
    return f"Lambda discarded a batch of {body['DDBStreamBatchInfo'].get('batchSize', 'some')} records: {condition}"


def _envelope(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the envelope of the event that a message is or parks; an empty one if there is none."""
    found = body.get("detail")
    if found is None:
        image = (body.get("record") or {}).get("dynamodb", {}).get("NewImage", {})
        found = _json(image.get("envelope", {}).get("S", ""))
    return found if isinstance(found, dict) else {}


def _about(body: Mapping[str, Any], envelope: Mapping[str, Any]) -> str:
    """Name the event and its subject, if the message is an event."""
    if event_type := _matching(_TYPE, envelope.get("type")):
        return f"{event_type} of {_matching(_SUBJECT, envelope.get('subject')) or 'an unknown subject'}"
    source, detail_type = _matching(_AWS, body.get("source")), _matching(_DETAIL_TYPE, body.get("detail-type"))
    if source and detail_type:
        return f"{detail_type} of {source}"
    return "a task" if isinstance(body.get("content"), dict) and "request_id" in body else "not an event"


def _matching(pattern: re.Pattern[str], value: object) -> str:
    return value if isinstance(value, str) and pattern.fullmatch(value) else ""


def _json(text: str) -> dict[str, Any]:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}
