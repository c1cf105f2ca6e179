"""The use cases of dead letters: look at the queues, try a redrive without effect, and give the command."""

from collections.abc import Callable, Sequence
from functools import partial

from functions.console.calls import all_at_once, part_of
from functions.console.confirmations import CONFIRMED_WITHIN_S, Confirmations, Redrive
from functions.console.domain import Live, Part
from functions.console.errors import ConfirmationRefused, LettersNotFound
from functions.console.letters import DryRun, LettersNow, LettersPage
from functions.console.platform import Letters, Platform
from functions.console.ports import LetterQueues, Versions
from functions.console.remembered import Remembered
from functions.shared.interface.dead_letters import DeadLetter
from functions.shared.messaging.work_queue import Task
from functions.shared.observability import logger

# The messages of a queue that are looked at: a look hides them for a moment, and SQS hands out ten at a time.
LOOKED_AT = 100
KEPT_S = 8.0
# The worker of redrives: its dead letters are the redrives that failed.
WORKER = ("console", "redrive")


class DeadLetterService:
    """Looks at the dead letters of the platform.

    Args:
        platform: The platform, with its queues.
        queues: The queues.
        versions: The live versions of functions.
        confirmations: Signs and reads confirmations.
        send: Sends tasks to the worker that has the right to move messages.
    """

    def __init__(
        self,
        platform: Platform,
        queues: LetterQueues,
        versions: Versions,
        confirmations: Confirmations,
        *,
        send: Callable[[Sequence[Task]], None],
    ) -> None:
        self._platform = platform
        self._queues = queues
        self._versions = versions
        self._confirmations = confirmations
        self._send = send
        self._remembered = Remembered()

    def list_queues(self) -> Sequence[tuple[Letters, Part[LettersNow]]]:
        """Return the state of all queues, those with messages first; a problem for each that cannot be read."""
        found = all_at_once({each: partial(self._now, each) for each in self._platform.letters})

        def place(entry: tuple[Letters, Part[LettersNow]]) -> tuple[int, str]:
            letters, part = entry
            waiting = part.value.depth.waiting + part.value.depth.held if part.value else 1
            return -waiting, letters.label

        return sorted(found.items(), key=place)

    def queue(self, service: str, function: str) -> LettersPage:
        """Return a queue with its messages and redrives.

        Raises:
            LettersNotFound: The platform has no such queue.
            Unavailable: SQS refuses, or does not answer.
        """
        letters = self._find(service, function)
        now = self._now(letters)
        moves = part_of(lambda: self._queues.list_moves(letters) if letters.source else [])
        return LettersPage(now=now, moves=moves, failed=part_of(lambda: self._failed(letters)))

    def message(self, service: str, function: str, message_id: str) -> tuple[LettersNow, DeadLetter]:
        """Return a message of a queue.

        Raises:
            LettersNotFound: The platform has no such queue, or the queue no such message.
            Unavailable: SQS refuses, or does not answer.
        """
        now = self._now(self._find(service, function))
        found = now.find(message_id)
        if found is None:
            raise LettersNotFound(
                f"The message is not among the first {LOOKED_AT} of {now.letters.name}. It may have been redriven."
            )
        return now, found

    def dry_run(self, service: str, function: str, message_id: str, *, by: str) -> DryRun:
        """Return the effect of a redrive of one message, or of all, with the confirmation for a person.

        Raises:
            LettersNotFound: The platform has no such queue, or the queue no such message.
            Unavailable: SQS refuses, or does not answer.
        """
        letters = self._find(service, function)
        now, message = self.message(service, function, message_id) if message_id else (self._now(letters), None)
        name = self._platform.function_name(service, function)

        def live() -> Live | None:
            return self._versions.list_live([name]).get(name)

        count = 1 if message else now.depth.waiting
        redrive = Redrive(letters=letters, message_id=message_id, by=by)
        confirmation = self._confirmations.sign(redrive) if count and letters.source else ""
        return DryRun(now=now, message=message, count=count, live=part_of(live), confirmation=confirmation)

    def redrive(self, service: str, function: str, confirmation: str, *, by: str) -> Redrive:
        """Give the command that a person has confirmed.

        Raises:
            LettersNotFound: The platform has no such queue.
            ConfirmationRefused: The confirmation is forged or old, of another person or for another queue.
            Unavailable: The command could not be sent.
        """
        letters = self._find(service, function)
        redrive = self._confirmations.read(confirmation, within_s=CONFIRMED_WITHIN_S)
        if redrive.by != by:
            raise ConfirmationRefused("The confirmation is for another person.")
        if redrive.letters != letters:
            raise ConfirmationRefused("The confirmation is for another queue.")
        self._send([Task(content={"confirmation": confirmation})])
        logger.info(
            "redrive confirmed", queue=letters.name, message_id=redrive.message_id or "all", to=letters.source, by=by
        )
        return redrive

    def _find(self, service: str, function: str) -> Letters:
        letters = self._platform.find_letters(service, function)
        if letters is None:
            raise LettersNotFound
        return letters

    def _now(self, letters: Letters) -> LettersNow:
        return self._remembered.get(letters.name, lambda: self._read(letters), seconds=KEPT_S)

    def _read(self, letters: Letters) -> LettersNow:
        depth = self._queues.depth(letters)
        seen = self._queues.look(letters, limit=min(LOOKED_AT, depth.waiting)) if depth.waiting else ()
        return LettersNow(letters=letters, depth=depth, seen=seen)

    def _failed(self, letters: Letters) -> Sequence[DeadLetter]:
        """Return the redrives of a queue that failed: the worker's dead letters begin with the queue's label."""
        worker = self._platform.find_letters(*WORKER)
        if worker is None:
            return []
        return [each for each in self._now(worker).seen if each.reason.startswith(f"{letters.label}: ")]
