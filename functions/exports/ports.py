"""The ports of exports: the store of exports, and the bucket of parts and joined exports."""

from collections.abc import Sequence
from typing import Protocol

from functions.exports.domain import Export, Part
from functions.shared.http.pages import Page
from functions.shared.messaging.events import Event


class ExportStore(Protocol):
    """Exports, each written together with the event of the change.

    Every method raises `Unavailable` if the store is busy or unreachable.
    """

    def add(self, export: Export, event: Event, *, request_token: str | None = None) -> None:
        """Add an export, at most one for a request token.

        Raises:
            ExportStarted: The same request added an export in the last 24 hours.
            TooManyExports: The owner has as many exports as the quota allows; this holds for concurrent calls, too.
        """

    def get(self, export_id: str) -> Export:
        """Return an export as last written.

        Raises:
            ExportNotFound: No export has this id, or it has expired.
        """

    def replace(self, before: Export, after: Export, event: Event) -> None:
        """Store `after` if `before` is still the stored version.

        Raises:
            StaleVersion: Another change was stored since `before`.
        """

    def list_page(self, *, restricted_to: str | None, limit: int, after: str | None) -> Page[Export]:
        """Return a page of exports, newest first; eventually consistent.

        Args:
            restricted_to: Only exports restricted to this owner; None for all exports.
            limit: The largest number of exports; a page can have fewer if some have just expired.
            after: The position of the previous page.
        """


class ExportObjects(Protocol):
    """The parts that sources write, and the joined exports.

    Every method can be repeated, and raises `Unavailable` if the bucket is busy or unreachable.
    """

    def get_part(self, key: str) -> Part:
        """Return a part, as its source describes it."""

    def join(self, keys: Sequence[str], target: str) -> None:
        """Join parts in this order; none is empty, and only the last can be below 5 MiB."""

    def remove(self, keys: Sequence[str]) -> None:
        """Remove objects, if they exist."""


class DownloadLinks(Protocol):
    """Links with which clients download objects from the bucket."""

    def link(self, key: str, *, file_name: str, expires_in_s: int) -> str:
        """Return a link that downloads the object as `file_name`, without further authorisation, until it expires."""
