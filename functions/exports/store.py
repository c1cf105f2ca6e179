"""What exports stand on: the store of exports, and the objects beside it."""

from collections.abc import Sequence
from typing import Protocol

from functions.exports.domain import Export, Part
from functions.shared.http.pages import Page
from functions.shared.messaging.events import Event


class ExportStore(Protocol):
    """Exports, each written together with the event that tells of the change.

    Every method raises `Unavailable` where the store is busy or away.
    """

    def add(self, export: Export, event: Event, *, request_token: str | None = None) -> None:
        """Add an export, for the one request of this name.

        Raises:
            ExportStarted: The request has added one in the last 24 hours.
        """

    def get(self, export_id: str) -> Export:
        """Return an export as last written.

        Raises:
            ExportNotFound: There is none with this id, or it has expired.
        """

    def replace(self, before: Export, after: Export, event: Event) -> None:
        """Store `after` where `before` is still the stored version.

        Raises:
            StaleExport: It is not.
        """

    def list_page(self, *, restricted_to: str | None, limit: int, after: str | None) -> Page[Export]:
        """Return at most `limit` exports, newest first, from after the position on; eventually consistent.

        Args:
            restricted_to: Only exports of what is this subject's; None for all.
            limit: How many; fewer where some have just expired.
            after: The position of the page before.
        """


class Objects(Protocol):
    """The parts that the sources write, and what becomes of them; what is done twice ends as if done once."""

    def look_at(self, key: str) -> Part:
        """Return what its source says of a part."""

    def join(self, keys: Sequence[str], target: str) -> None:
        """Make one object of parts in this order, none of which is empty, and all but the last have 5 MiB or more."""

    def remove(self, keys: Sequence[str]) -> None:
        """Remove objects; one that is not there is no error."""


class Links(Protocol):
    """Signs what clients may ask of the objects themselves."""

    def link(self, key: str, *, file_name: str, expires_in_s: int) -> str:
        """Return where anybody can download the object as a file of this name, for so long."""
