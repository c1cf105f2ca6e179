"""The command `dead-letters`: list the dead letters of consumers and the parked events of relays, with the reasons.

SQS cannot show a message without receiving it. The command receives messages and releases them at once; until then they
cannot be redriven.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from operate.arguments import whole_number
from operate.command import Command
from operate.deployed.consumers import Consumer
from operate.errors import UsageError
from operate.target import Target

DEFAULT_LIMIT = 20
_HELD_S = 30
# The attributes that our functions write, and those of EventBridge for an event that it could not deliver:
# https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
_REASONS = ("reason", "ERROR_MESSAGE", "ERROR_CODE")
UNKNOWN = "no reason: the function was killed or timed out before it could record one; see its logs"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """A message that needs a person's attention."""

    sent_at: datetime
    about: str
    reason: str
    error: str
    request_id: str

    def __str__(self) -> str:
        error = f"{self.error}: " if self.error else ""
        request = f"  request {self.request_id}" if self.request_id else ""
        return f"  {self.sent_at:%Y-%m-%dT%H:%M:%SZ}  {self.about}  {error}{self.reason}{request}"


def dead_letter_queues(target: Target, service: str | None, function: str | None) -> Iterator[tuple[str, str, str]]:
    """Yield service, function and queue for each function with dead letters or parked events."""
    for manifest in [target.manifest(service)] if service else target.manifests.values():
        for name, each in manifest.functions.items():
            if function is not None and name != function:
                continue
            if each.has_queue:
                consumer = Consumer(service=manifest.service, function=name, target=target)
                yield manifest.service, name, consumer.dead_letter_queue
            elif each.trigger == "outbox":
                yield manifest.service, name, target.name_of(manifest.service, name, "parked")


def _selected(target: Target, service: str | None, function: str | None) -> list[tuple[str, str, str]]:
    """List the queues to read; an empty list would look as if there were no dead letters.

    Raises:
        UsageError: No function of this name has dead letters.
    """
    found = list(dead_letter_queues(target, service, function))
    if not found:
        known = ", ".join(f"{owner}.{name}" for owner, name, _ in dead_letter_queues(target, service, None))
        named = ".".join(filter(None, [service, function]))
        raise UsageError(f"{named} has no dead letters. The functions that can have some are: {known or 'none'}.")
    return found


def peek(sqs: Any, url: str, *, limit: int) -> list[DeadLetter]:  # noqa: ANN401 - a boto3 client
    """Receive the first messages of a queue and release them."""
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
    return [_dead_letter(message) for message in held]


def _dead_letter(message: Any) -> DeadLetter:  # noqa: ANN401 - JSON
    attributes = {name: value.get("StringValue", "") for name, value in message.get("MessageAttributes", {}).items()}
    body = _json(message["Body"])
    recorded = next((attributes[name] for name in _REASONS if attributes.get(name)), None)
    return DeadLetter(
        sent_at=datetime.fromtimestamp(int(message["Attributes"]["SentTimestamp"]) / 1000, UTC),
        about=_about(body),
        reason=recorded or body.get("reason") or _lambda_reason(body),
        error=attributes.get("error", ""),
        request_id=attributes.get("request_id", ""),
    )


def _lambda_reason(body: dict[str, Any]) -> str:
    """Return Lambda's reason to park a batch: https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html."""
    if "DDBStreamBatchInfo" not in body:
        return UNKNOWN
    condition = (body.get("requestContext") or {}).get("condition", "it failed for too long")
    return f"Lambda discarded a batch of {body['DDBStreamBatchInfo'].get('batchSize', 'some')} records: {condition}"


def _about(body: dict[str, Any]) -> str:
    """Name the event and its subject, if the message is an event."""
    envelope = body.get("detail")
    if envelope is None:
        image = (body.get("record") or {}).get("dynamodb", {}).get("NewImage", {})
        envelope = _json(image.get("envelope", {}).get("S", ""))
    if not isinstance(envelope, dict) or "type" not in envelope:
        return "not an event"
    return f"{envelope['type']} of {envelope.get('subject')}"


def _json(text: str) -> dict[str, Any]:
    try:
        content = json.loads(text)
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--service", help="only this service")
    parser.add_argument("--function", help="only this consumer, worker or relay")
    parser.add_argument("--json", action="store_true", help="print each dead letter as a JSON object")
    parser.add_argument(
        "--limit",
        type=whole_number(1),
        default=DEFAULT_LIMIT,
        help=f"messages to show of each queue; {DEFAULT_LIMIT} by default",
    )


def _run(arguments: argparse.Namespace, target: Target) -> bool:
    sqs, all_empty = target.client("sqs"), True
    for service, function, queue in _selected(target, arguments.service, arguments.function):
        url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
        answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])
        count = int(answer["Attributes"]["ApproximateNumberOfMessages"])
        all_empty = all_empty and not count
        if arguments.json:
            of = {"service": service, "function": function, "queue": queue}
            letters = peek(sqs, url, limit=arguments.limit) if count else []
            sys.stdout.writelines(
                f"{json.dumps({**of, **asdict(letter)}, default=datetime.isoformat)}\n" for letter in letters
            )
            continue
        sys.stdout.write(f"{'✘' if count else '✔'} {service}.{function}: {count} in {queue}\n")
        if count:
            shown = peek(sqs, url, limit=arguments.limit)
            sys.stdout.writelines(f"{letter}\n" for letter in shown)
            if count > len(shown):
                sys.stdout.write(f"  … and about {count - len(shown)} more; limit={count} shows more\n")
            environment = "" if target.is_local else f" environment={target.environment.name}"
            sys.stdout.write(
                f"  → after you have corrected the cause: make redrive service={service} function={function}"
                f"{environment}\n"
            )
    return all_empty


COMMAND = Command(
    name="dead-letters",
    help="list dead letters and parked events, with the reasons; exit status 1 if there are any",
    add_arguments=_add_arguments,
    run=_run,
)
