"""Dead letters and parked events: the state of their queues, their causes, and their redrives."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from functions.console.domain import Live, Part
from functions.console.platform import Letters
from functions.shared.interface.dead_letters import DeadLetter


@dataclass(frozen=True, slots=True, kw_only=True)
class Depth:
    """The approximate numbers of SQS: messages that wait, and messages that a receiver holds at the moment."""

    waiting: int
    held: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A redrive of a whole queue, as SQS reports it.

    Attributes:
        status: RUNNING, COMPLETED, CANCELLING, CANCELLED or FAILED.
        to_move: The number of messages at its start; None until SQS knows it.
        reason: The reason of a failure.
    """

    status: str
    started_at: datetime
    moved: int
    to_move: int | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """The messages that failed for one reason, oldest first."""

    error: str
    reason: str
    messages: Sequence[DeadLetter]


@dataclass(frozen=True, slots=True, kw_only=True)
class LettersNow:
    """The present state of a queue.

    Attributes:
        seen: The messages that were looked at: all, or the first hundred.
    """

    letters: Letters
    depth: Depth
    seen: Sequence[DeadLetter]

    @property
    def oldest(self) -> datetime | None:
        """The time of the oldest message among those that were looked at."""
        return min((each.sent_at for each in self.seen), default=None)

    @property
    def is_whole(self) -> bool:
        """True if every waiting message was looked at."""
        return len(self.seen) >= self.depth.waiting

    @property
    def causes(self) -> Sequence[Cause]:
        """The causes, the commonest first."""
        found: dict[tuple[str, str], list[DeadLetter]] = defaultdict(list)
        for each in sorted(self.seen, key=lambda letter: (letter.sent_at, letter.message_id)):
            found[each.cause].append(each)
        causes = [Cause(error=error, reason=reason, messages=each) for (error, reason), each in found.items()]
        return sorted(causes, key=lambda cause: (-len(cause.messages), cause.error, cause.reason))

    def find(self, message_id: str) -> DeadLetter | None:
        """Return a message among those that were looked at; None if it is not there."""
        return next((each for each in self.seen if each.message_id == message_id), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class LettersPage:
    """A queue with its redrives.

    Attributes:
        failed: Confirmed redrives of this queue that failed.
    """

    now: LettersNow
    moves: Part[Sequence[Move]]
    failed: Part[Sequence[DeadLetter]]


@dataclass(frozen=True, slots=True, kw_only=True)
class DryRun:
    """The effect that a redrive would have.

    Attributes:
        message: The one message to move; None for all.
        count: The number of messages to move.
        live: The versions of the function that would receive them.
        confirmation: Confirms the redrive for the person who asked; empty if there is nothing to redrive.
    """

    now: LettersNow
    message: DeadLetter | None
    count: int
    live: Part[Live | None]
    confirmation: str
