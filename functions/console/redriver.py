"""The worker behind confirmed redrives: it checks the confirmation again, and moves dead letters back.

A redrive that fails is not repeated: it becomes a dead letter of this worker with the reason, which the page of the
queue shows, and a person can confirm it again.
"""

from functions.console.confirmations import EXECUTED_WITHIN_S, Confirmations, Redrive
from functions.console.ports import Redrives
from functions.shared.errors import ApiError
from functions.shared.messaging.dead_letters import Refused
from functions.shared.messaging.work_queue import Task
from functions.shared.observability import logger


class Redriver:
    """Moves dead letters back to the queues that they came from."""

    def __init__(self, confirmations: Confirmations, redrives: Redrives) -> None:
        self._confirmations = confirmations
        self._redrives = redrives

    def work(self, task: Task) -> None:
        """Carry out a confirmed redrive.

        Raises:
            Refused: The confirmation is not valid, the message is gone, or SQS refuses.
        """
        try:
            redrive = self._confirmations.read(str(task.content.get("confirmation")), within_s=EXECUTED_WITHIN_S)
        except ApiError as error:
            raise Refused(error.detail) from error
        try:
            self._move(redrive)
        except ApiError as error:
            raise Refused(f"{redrive.letters.label}: {error.detail}") from error
        logger.info(
            "dead letters redriven",
            queue=redrive.letters.name,
            message_id=redrive.message_id or "all",
            to=redrive.letters.source,
            by=redrive.by,
        )

    def _move(self, redrive: Redrive) -> None:
        if not redrive.message_id:
            self._redrives.move_all(redrive.letters)
        elif not self._redrives.move_one(redrive.letters, redrive.message_id):
            raise Refused(f"{redrive.letters.label}: the message {redrive.message_id} is not in the queue any more.")
