"""Confirmations of redrives: signed, for one person, one queue and a few minutes.

The page of a dry run has one, a form sends it back, and the worker that moves the messages checks it once more. So a
message in the worker's queue that the console has not signed moves nothing.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from itsdangerous import BadData, URLSafeSerializer

from functions.console.errors import ConfirmationRefused
from functions.console.platform import Letters, Platform

# Time to read the page of the dry run; an open page gets a new confirmation every minute.
CONFIRMED_WITHIN_S = 300
# The worker has this time, its queue's delay included.
EXECUTED_WITHIN_S = 900
# A page stays the same for a minute, so that its polls get 304.
_STEP_S = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Redrive:
    """A command to move dead letters back to the queue that they came from.

    Attributes:
        message_id: The one message; empty for all.
        by: The id of the person in the user pool.
    """

    letters: Letters
    message_id: str
    by: str


class Confirmations:
    """Signs and reads confirmations.

    Args:
        platform: The platform; queues of another one are refused.
        key: Returns the key.
        clock: The time.
    """

    def __init__(
        self, platform: Platform, *, key: Callable[[], str], clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._platform = platform
        self._key = key
        self._clock = clock

    def sign(self, redrive: Redrive) -> str:
        """Return the confirmation of a redrive."""
        at_s = int(self._clock().timestamp()) // _STEP_S * _STEP_S
        return str(self._serializer().dumps([redrive.letters.name, redrive.message_id, redrive.by, at_s]))

    def read(self, text: str, *, within_s: int) -> Redrive:
        """Return the redrive that a confirmation is for.

        Raises:
            ConfirmationRefused: The console has not signed it, or too long ago, or for a queue of another platform.
        """
        try:
            queue, message_id, by, at_s = self._serializer().loads(text)
        except (BadData, ValueError, TypeError) as error:
            raise ConfirmationRefused("The console has not signed this confirmation.") from error
        if not 0 <= self._clock().timestamp() - at_s <= within_s + _STEP_S:
            raise ConfirmationRefused("The confirmation is too old. Look at the dry run again.")
        letters = next((each for each in self._platform.letters if each.name == queue and each.source), None)
        if letters is None:
            raise ConfirmationRefused("The confirmation is for a queue of another platform.")
        return Redrive(letters=letters, message_id=message_id, by=by)

    def _serializer(self) -> URLSafeSerializer:
        return URLSafeSerializer(self._key(), salt="console-redrive", signer_kwargs={"digest_method": hashlib.sha256})
