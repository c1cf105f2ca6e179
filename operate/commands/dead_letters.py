"""What nobody could handle: the dead letters of consumers and the parked events of relays, each with its reason.

They are received to be looked at, and let go at once; what is being looked at cannot be redriven in that moment.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from operate.command import Command
from operate.deployed.consumers import Consumer
from operate.target import Target

DEFAULT_LIMIT = 20
_HELD_S = 30
# What a function says, and what EventBridge says of an event that it could not put into the queue:
# https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
_REASONS = ("reason", "ERROR_MESSAGE", "ERROR_CODE")
UNKNOWN = "no reason: the function ended before it could give one, killed or out of time; its logs may tell"


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A message that waits for a person."""

    sent_at: datetime
    about: str
    reason: str
    error: str
    request_id: str

    def __str__(self) -> str:
        error = f"{self.error}: " if self.error else ""
        request = f"  request {self.request_id}" if self.request_id else ""
        return f"  {self.sent_at:%Y-%m-%dT%H:%M:%SZ}  {self.about}  {error}{self.reason}{request}"


def queues_of(target: Target, service: str | None, function: str | None) -> Iterator[tuple[str, str]]:
    """Pair each function that has dead letters or parked events with the name of the queue of these."""
    for manifest in [target.manifest(service)] if service else target.manifests.values():
        for name, each in manifest.functions.items():
            if function is not None and name != function:
                continue
            if each.has_queue:
                consumer = Consumer(service=manifest.service, function=name, target=target)
                yield f"{manifest.service}.{name}", consumer.dead_letter_queue
            elif each.trigger == "outbox":
                yield f"{manifest.service}.{name}", target.name_of(manifest.service, name, "parked")


def letters(sqs: Any, url: str, *, limit: int) -> list[Letter]:  # noqa: ANN401 - a boto3 client
    """Look at the first messages of a queue, and let them go."""
    held: list[Any] = []
    try:
        while len(held) < limit:
            answer = sqs.receive_message(
                QueueUrl=url,
                MaxNumberOfMessages=min(10, limit - len(held)),
                VisibilityTimeout=_HELD_S,
                AttributeNames=["SentTimestamp"],
                MessageAttributeNames=["All"],
            )
            if not answer.get("Messages"):
                break
            held += answer["Messages"]
    finally:
        for message in held:
            sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0)
    return [_letter(message) for message in held]


def _letter(message: Any) -> Letter:  # noqa: ANN401 - JSON
    said = {name: value.get("StringValue", "") for name, value in message.get("MessageAttributes", {}).items()}
    body = _json(message["Body"])
    reason = next((said[name] for name in _REASONS if said.get(name)), None) or body.get("reason") or _given_up(body)
    return Letter(
        sent_at=datetime.fromtimestamp(int(message["Attributes"]["SentTimestamp"]) / 1000, UTC),
        about=_about(body),
        reason=reason,
        error=said.get("error", ""),
        request_id=said.get("request_id", ""),
    )


def _given_up(body: dict[str, Any]) -> str:
    """Say why Lambda parked a whole batch: https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html."""
    if "DDBStreamBatchInfo" not in body:
        return UNKNOWN
    condition = (body.get("requestContext") or {}).get("condition", "it failed for too long")
    return f"Lambda gave up a batch of {body['DDBStreamBatchInfo'].get('batchSize', 'some')} records: {condition}"


def _about(body: dict[str, Any]) -> str:
    """Name the event and its subject, where the message is one."""
    envelope = body.get("detail")
    if envelope is None:
        image = (body.get("record") or {}).get("dynamodb", {}).get("NewImage", {})
        envelope = _json(image.get("envelope", {}).get("S", ""))
    if not isinstance(envelope, dict) or "type" not in envelope:
        return "a message that is no event"
    return f"{envelope['type']} of {envelope.get('subject')}"


def _json(text: str) -> dict[str, Any]:
    try:
        content = json.loads(text)
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--service", help="of this service alone")
    parser.add_argument("--function", help="of this consumer, worker or relay alone")
    parser.add_argument("--limit", type=int, default=DEFAULT_LIMIT, help=f"of each queue; {DEFAULT_LIMIT} if not given")


def _run(arguments: argparse.Namespace, target: Target) -> bool:
    sqs, empty = target.client("sqs"), True
    for name, queue in queues_of(target, arguments.service, arguments.function):
        url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
        attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])[
            "Attributes"
        ]
        count = int(attributes["ApproximateNumberOfMessages"])
        empty = empty and not count
        sys.stdout.write(f"{'✘' if count else '✔'} {name}: {count} in {queue}\n")
        if count:
            shown = letters(sqs, url, limit=arguments.limit)
            sys.stdout.writelines(f"{letter}\n" for letter in shown)
            if count > len(shown):
                sys.stdout.write(f"  … and about {count - len(shown)} more; --limit shows more of them\n")
    return empty


COMMAND = Command(
    name="dead-letters",
    help="list what nobody could handle, with the reasons; the exit status tells whether there is none",
    add_arguments=_add_arguments,
    run=_run,
)
