"""Replay: what the archive holds goes to one consumer again, as if it had just been published.

The consumer's inbox passes over what has taken effect already, so a replay is for effects that are gone: a table that
was restored to an earlier moment, or wiped. Marks live as long as `INBOX_KEPT`; what is older takes effect again even
where its effect still stands, so that must be allowed explicitly. docs/runbooks/events.md has the steps.
"""

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from operate.command import Command
from operate.deployed.consumers import Consumer, consumer_of
from operate.errors import OperateError
from operate.progress import Progress
from operate.target import Target

# As functions/shared/aws/dynamodb.py has it.
INBOX_KEPT = timedelta(days=21)
# https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-replay-archived-event.html
ARCHIVED_AFTER = timedelta(minutes=10)
_ENDED = frozenset({"COMPLETED", "CANCELLED", "FAILED"})
_PERIOD_S = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """From when, inclusive, until when."""

    start: datetime
    end: datetime

    def share(self, reached: datetime) -> int:
        """Say how much of it lies before a moment, in percent."""
        return round(100 * min(1.0, max(0.0, (reached - self.start) / (self.end - self.start))))


def replay(
    consumer: Consumer,
    span: Span,
    *,
    progress: Progress,
    sleep: Callable[[float], None] = time.sleep,
) -> bool:
    """Replay into one consumer until it ends; answer whether all of it was replayed.

    An exception in the meantime, Ctrl-C among them, cancels the replay.
    """
    events = consumer.target.client("events")
    archive = events.describe_archive(ArchiveName=consumer.target.name_of())
    bus_arn = archive["EventSourceArn"]
    name = f"{consumer.service}-{consumer.function}-{datetime.now(UTC):%Y%m%dT%H%M%S%f}"
    events.start_replay(
        ReplayName=name,
        Description=f"Into {consumer.name} alone.",
        EventSourceArn=archive["ArchiveArn"],
        EventStartTime=span.start,
        EventEndTime=span.end,
        Destination={"Arn": bus_arn, "FilterArns": consumer.rule_arns(bus_arn.rpartition("/")[2])},
    )
    progress.say(f"Replay {name} into {consumer.name}; Ctrl-C cancels it.")
    try:
        state = _follow(events, name, span, progress=progress, sleep=sleep)
    except BaseException:
        _cancel(events, name, progress=progress)
        raise
    progress.say(f"{state}.{f' {reason}' if (reason := _reason(events, name)) else ''}")
    return state == "COMPLETED"


def _follow(events: Any, name: str, span: Span, *, progress: Progress, sleep: Callable[[float], None]) -> str:  # noqa: ANN401
    while True:
        described = events.describe_replay(ReplayName=name)
        state = str(described["State"])
        reached = described.get("EventLastReplayedTime")
        if reached is not None:
            progress.show(f"{state.lower()}: {span.share(reached):3} %, at {reached:%Y-%m-%dT%H:%M:%S%z}")
        else:
            progress.show(f"{state.lower()}: nothing replayed yet")
        if state in _ENDED:
            return state
        sleep(_PERIOD_S)


def _cancel(events: Any, name: str, *, progress: Progress) -> None:  # noqa: ANN401 - a boto3 client
    try:
        events.cancel_replay(ReplayName=name)
    except events.exceptions.IllegalStatusException:
        progress.say("It had ended already.")
    else:
        progress.say(f"Cancelled {name}: what went out until now stays.")


def _reason(events: Any, name: str) -> str:  # noqa: ANN401 - a boto3 client
    return str(events.describe_replay(ReplayName=name).get("StateReason") or "")


def span_of(start: datetime, end: datetime | None, *, may_repeat: bool, now: datetime) -> Span:
    """Return the time to replay, up to now where no end is given.

    Raises:
        OperateError: It is empty, in the future, or older than the inbox remembers and that was not allowed.
    """
    span = Span(start=start, end=min(end or now, now))
    if span.start >= span.end:
        raise OperateError(f"Nothing lies between {span.start.isoformat()} and {span.end.isoformat()}.")
    if span.start < now - INBOX_KEPT and not may_repeat:
        raise OperateError(
            f"Events of before {now - INBOX_KEPT:%Y-%m-%dT%H:%M:%SZ} take effect again even where their effect still"
            f" stands: the inbox forgets after {INBOX_KEPT.days} days. If the consumer's table was wiped, or its"
            " effects can be repeated, add --effects-may-repeat."
        )
    return span


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"expected a time as 2026-11-23T10:00Z, found {text!r}") from error
    if moment.tzinfo is None:
        raise argparse.ArgumentTypeError(f"expected a time with its zone, as 2026-11-23T10:00Z, found {text!r}")
    return moment.astimezone(UTC)


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--service", required=True, help="whose consumer")
    parser.add_argument("--function", help="which of its consumers; not needed where it has one")
    parser.add_argument("--from", dest="start", type=_moment, required=True, metavar="TIME", help="2026-11-23T10:00Z")
    parser.add_argument("--to", dest="end", type=_moment, metavar="TIME", help="until now, if not given")
    parser.add_argument(
        "--effects-may-repeat",
        action="store_true",
        help=f"allow events older than the inbox remembers, {INBOX_KEPT.days} days",
    )


def _run(arguments: argparse.Namespace, target: Target) -> bool:
    progress, now = Progress(), datetime.now(UTC)
    consumer = consumer_of(target, arguments.service, arguments.function)
    span = span_of(arguments.start, arguments.end, may_repeat=arguments.effects_may_repeat, now=now)
    if not target.is_local and span.end > now - ARCHIVED_AFTER:
        progress.say("AWS may take ten minutes to archive an event; the last ones may be missing.")
    return replay(consumer, span, progress=progress)


COMMAND = Command(
    name="replay",
    help="replay archived events into one consumer",
    add_arguments=_add_arguments,
    run=_run,
)
