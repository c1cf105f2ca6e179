"""The command `dead-letters`: list the dead letters of consumers and the parked events of relays, with the reasons.

SQS cannot show a message without receiving it. The command receives messages and releases them at once; until then they
cannot be redriven.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime

from functions.shared.interface.dead_letters import PARKED, DeadLetter, peek
from operate.arguments import whole_number
from operate.command import Command
from operate.deployed.consumers import Consumer
from operate.errors import UsageError
from operate.target import Target

DEFAULT_LIMIT = 20


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
                yield manifest.service, name, f"{target.name_of(manifest.service, name)}{PARKED}"


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


def _line(letter: DeadLetter) -> str:
    error = f"{letter.error}: " if letter.error else ""
    request = f"  request {letter.request_id}" if letter.request_id else ""
    return f"  {letter.sent_at:%Y-%m-%dT%H:%M:%SZ}  {letter.about}  {error}{letter.reason}{request}\n"


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
            sys.stdout.writelines(map(_line, shown))
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
