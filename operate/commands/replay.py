"""The command `replay`: send archived events to one consumer again.

The consumer's inbox skips events that have already taken effect. A replay therefore restores lost effects, for example
after a table was restored to an earlier time or wiped. The inbox forgets an event after `INBOX_KEPT`; an older event
always takes effect again, so replaying it needs an explicit option. docs/runbooks/events.md has the steps.
"""

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from functions.shared.interface.names import INBOX_KEPT_S
from operate.command import Command
from operate.deployed.consumers import Consumer, consumer_of
from operate.errors import OperateError
from operate.progress import Progress
from operate.target import Target

INBOX_KEPT = timedelta(seconds=INBOX_KEPT_S)
# https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-replay-archived-event.html
ARCHIVED_AFTER = timedelta(minutes=10)
_ENDED = frozenset({"COMPLETED", "CANCELLED", "FAILED"})
_PERIOD_S = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """The time to replay: from `start` (inclusive) to `end`."""

    start: datetime
    end: datetime

    def percent(self, reached: datetime) -> int:
        """Return the percentage of the span before a time."""
        return round(100 * min(1.0, max(0.0, (reached - self.start) / (self.end - self.start))))


def replay(
    consumer: Consumer,
    span: Span,
    *,
    progress: Progress,
    sleep: Callable[[float], None] = time.sleep,
) -> bool:
    """Replay events to one consumer and wait for the end; return True if all of them were replayed.

    An exception, such as Ctrl-C, cancels the replay.
    """
    events = consumer.target.client("events")
    archive = events.describe_archive(ArchiveName=consumer.target.name_of())
    bus_arn = archive["EventSourceArn"]
    name = f"{consumer.service}-{consumer.function}-{datetime.now(UTC):%Y%m%dT%H%M%S%f}"
    events.start_replay(
        ReplayName=name,
        Description=f"Only to {consumer.name}.",
        EventSourceArn=archive["ArchiveArn"],
        EventStartTime=span.start,
        EventEndTime=span.end,
        Destination={"Arn": bus_arn, "FilterArns": consumer.rule_arns(bus_arn.rpartition("/")[2])},
    )
    progress.say(f"Replay {name} to {consumer.name} has started. Ctrl-C cancels it.")
    try:
        state = _follow(events, name, span, progress=progress, sleep=sleep)
    except BaseException:
        _cancel(events, name, progress=progress)
        raise
    progress.say(f"{state}.{f' {reason}' if (reason := _reason(events, name)) else ''}")
    return state == "COMPLETED"


def _follow(events: Any, name: str, span: Span, *, progress: Progress, sleep: Callable[[float], None]) -> str:  # noqa: ANN401 - a boto3 client
    while True:
        described = events.describe_replay(ReplayName=name)
        state = str(described["State"])
        reached = described.get("EventLastReplayedTime")
        if state in _ENDED:
            # The last event is usually older than the end of the span, so its share of the span says nothing now.
            return state
        if reached is not None:
            progress.show(f"{state.lower()}: {span.percent(reached):3} %, at {reached:%Y-%m-%dT%H:%M:%S%z}")
        else:
            progress.show(f"{state.lower()}: no event replayed yet")
        sleep(_PERIOD_S)


def _cancel(events: Any, name: str, *, progress: Progress) -> None:  # noqa: ANN401 - a boto3 client
    try:
        events.cancel_replay(ReplayName=name)
    except events.exceptions.IllegalStatusException:
        progress.say("The replay had already ended.")
    else:
        progress.say(f"Cancelled {name}. Events that it has already sent are not recalled.")


def _reason(events: Any, name: str) -> str:  # noqa: ANN401 - a boto3 client
    return str(events.describe_replay(ReplayName=name).get("StateReason") or "")


def span_of(start: datetime, end: datetime | None, *, may_repeat: bool, now: datetime) -> Span:
    """Return the time to replay; it ends now if no end is given.

    Raises:
        OperateError: The span is empty or in the future, or contains events that the inbox has forgotten and
            `may_repeat` is False.
    """
    span = Span(start=start, end=min(end or now, now))
    if span.start >= span.end:
        raise OperateError(f"There is no time between {span.start.isoformat()} and {span.end.isoformat()}.")
    if span.start < now - INBOX_KEPT and not may_repeat:
        raise OperateError(
            f"The inbox forgets events after {INBOX_KEPT.days} days, so events before"
            f" {now - INBOX_KEPT:%Y-%m-%dT%H:%M:%SZ} would take effect twice. Add effects_may_repeat=1"
            " only if the consumer's table was wiped, or repeated effects do no harm."
        )
    return span


def _time(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"expected a time such as 2026-11-23T10:00Z, found {text!r}") from error
    if found.tzinfo is None:
        raise argparse.ArgumentTypeError(f"expected a time with its zone, such as 2026-11-23T10:00Z, found {text!r}")
    return found.astimezone(UTC)


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--service", required=True, help="the service with the consumer")
    parser.add_argument("--function", help="the consumer; optional if the service has only one, or one named consumer")
    parser.add_argument(
        "--from", dest="start", type=_time, required=True, metavar="TIME", help="start, such as 2026-11-23T10:00Z"
    )
    parser.add_argument("--to", dest="end", type=_time, metavar="TIME", help="end; now by default")
    parser.add_argument(
        "--effects-may-repeat",
        action="store_true",
        help=f"allow events older than {INBOX_KEPT.days} days, which the inbox has forgotten",
    )


def _run(arguments: argparse.Namespace, target: Target) -> bool:
    progress, now = Progress(), datetime.now(UTC)
    consumer = consumer_of(target, arguments.service, arguments.function)
    span = span_of(arguments.start, arguments.end, may_repeat=arguments.effects_may_repeat, now=now)
    if not target.is_local and span.end > now - ARCHIVED_AFTER:
        progress.say("AWS can take ten minutes to archive an event, so the newest events may be missing.")
    return replay(consumer, span, progress=progress)


COMMAND = Command(
    name="replay",
    help="send archived events to one consumer again",
    add_arguments=_add_arguments,
    run=_run,
)
