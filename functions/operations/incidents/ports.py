"""The port of incidents: the store; the adapter is in repository.py."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from functions.operations.incidents.domain import Incident
from functions.shared.http.pages import Page


class IncidentStore(Protocol):
    """The incidents, which one writer at a time changes."""

    def read_between(self, start: datetime, end: datetime) -> tuple[int, Sequence[Incident]]:
        """Return the version of the store, and the incidents that were opened between two times, as last written."""

    def replace(self, version: int, *, save: Sequence[Incident], removed: Mapping[str, str]) -> None:
        """Save some incidents and remove others, all or nothing.

        Args:
            version: The version that was read.
            save: The incidents to store.
            removed: The ids of those to remove, each with the id of the incident that has taken its place.

        Raises:
            StaleVersion: Another writer was faster.
        """

    def get(self, incident_id: str) -> Incident:
        """Return an incident as last written, or the one that has taken its place.

        Raises:
            IncidentNotFound: There is none.
        """

    def list_page(self, *, limit: int, after: str | None) -> Page[Incident]:
        """Return at most `limit` incidents after a position, newest first."""
