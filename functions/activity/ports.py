"""The ports of activity: the stores that the use cases need; the adapter is in repository.py."""

from collections.abc import Iterator
from typing import Protocol

from functions.activity.domain import Entry, Latest
from functions.shared.http.pages import Page


class ActivityStore(Protocol):
    """Entries by subject and time."""

    def add(self, entry: Entry) -> None:
        """Add an entry once, and make it the latest of its subject unless a newer one is stored.

        Raises:
            AlreadySeen: The event is in the inbox.
        """

    def find_latest(self, subject: str) -> Latest | None:
        """Return the newest event of a subject, as last written."""

    def list_page(self, subject: str, *, limit: int, after: str | None) -> Page[Entry]:
        """Return at most `limit` entries of a subject after a position, newest first."""


class AllEntries(Protocol):
    """All entries, for exports."""

    def read_all(self, *, after: tuple[str, str] | None) -> Iterator[Entry]:
        """Read every entry after a subject and position: subject by subject, and oldest first within a subject.

        Raises:
            Unavailable: The store is busy or unreachable.
        """
