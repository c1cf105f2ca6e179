"""The ports of operations: the stores that the use cases need; the adapter is in repository.py."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Protocol

from functions.operations.chain import Link
from functions.operations.domain import Deployment
from functions.operations.facts import RawEvent
from functions.shared.http.pages import Page


class EventLog(Protocol):
    """The raw events, by time and in a chain; nothing changes or deletes them."""

    def append(self, event: RawEvent) -> Link:
        """Add an event to the end of the chain.

        Raises:
            AlreadySeen: The event is in the log.
            Unavailable: Others kept adding events.
        """

    def find_head(self) -> Link | None:
        """Return the last link, as last written; None if the log is empty."""

    def read_between(self, start: datetime, end: datetime) -> list[RawEvent]:
        """Return the events from `start` until before `end`, by time, as last written."""

    def read_at(self, positions: Collection[str]) -> list[RawEvent]:
        """Return the events at these places, by time; a place without an event is left out."""

    def read_links(self, *, after: int, limit: int) -> Sequence[Link]:
        """Return at most `limit` links after a sequence number."""


class DeploymentStore(Protocol):
    """The records that are derived from the raw events; they can be derived again."""

    def save(self, deployment: Deployment) -> None:
        """Store a record in place of the one with the same id."""

    def remove(self, deployment_ids: Collection[str]) -> None:
        """Remove the records with these ids; an id without a record is passed over."""

    def get(self, deployment_id: str) -> Deployment:
        """Return a record as last written.

        Raises:
            DeploymentNotFound: No record has this id.
        """

    def list_page(self, *, limit: int, after: str | None) -> Page[Deployment]:
        """Return at most `limit` records after a position, newest first; eventually consistent."""

    def read_since(self, start: datetime) -> Iterator[Deployment]:
        """Read the records since a time, oldest first; eventually consistent."""
