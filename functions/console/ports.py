"""The ports of the console: what it reads of the platform.

The adapters are `cloudwatch.py`, `live_versions.py` and `operations_api.py`.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from functions.console.domain import Alarm, Change, Live, Metric, Series, Window


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
