"""The ports of the console: its reads of the platform, and its one command.

The adapters are `cloudwatch.py`, `live_versions.py`, `operations_api.py` and `queues.py`.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from functions.console.domain import Alarm, Change, Live, Metric, Series, Window
from functions.console.letters import Depth, Move
from functions.console.platform import Letters
from functions.shared.interface.dead_letters import DeadLetter


class Monitoring(Protocol):
    """The alarms and metrics of the platform."""

    def list_alarms(self) -> Sequence[Alarm]:
        """Return all alarms of the platform."""

    def find_alarm(self, name: str) -> Alarm | None:
        """Return an alarm of the platform; None if there is none of this name."""

    def list_changes(self, alarm: str) -> Sequence[Change]:
        """Return the last changes of an alarm's state, newest first."""

    def read(self, metrics: Sequence[Metric], window: Window) -> Mapping[str, Series]:
        """Return the values of metrics, by their ids."""

    def read_alarm(self, alarm: Alarm, window: Window) -> Series:
        """Return the values that an alarm compares with its threshold."""


class Versions(Protocol):
    """The versions of functions that get traffic."""

    def list_live(self, functions: Sequence[str]) -> Mapping[str, Live]:
        """Return the live versions by the full names of functions; a function that is not deployed is left out."""


class Operations(Protocol):
    """The service `operations`, called with the token of the person at the console."""

    def get(self, path: str, *, token: str, query: Mapping[str, str]) -> Any:  # noqa: ANN401 - JSON
        """Return the answer of a GET.

        Raises:
            ApiError: The service refuses the request, or fails.
        """


class LetterQueues(Protocol):
    """The queues of dead letters and parked events, to look at."""

    def depth(self, letters: Letters) -> Depth:
        """Return the number of messages in a queue."""

    def look(self, letters: Letters, *, limit: int) -> Sequence[DeadLetter]:
        """Return the facts of the first messages of a queue, and keep none of them."""

    def list_moves(self, letters: Letters) -> Sequence[Move]:
        """Return the last redrives of a whole queue, newest first."""


class Redrives(Protocol):
    """The queues of dead letters, to move messages back to the queues that they came from."""

    def move_all(self, letters: Letters) -> None:
        """Start to move all messages of a queue.

        Raises:
            Unavailable: SQS refuses, or does not answer.
        """

    def move_one(self, letters: Letters, message_id: str) -> bool:
        """Move one message of a queue; return False if it is not there.

        Raises:
            Unavailable: SQS refuses, or does not answer.
        """
