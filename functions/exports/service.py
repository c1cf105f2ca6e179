"""The use cases of exports."""

from datetime import UTC, datetime

from functions.exports.domain import Export, Source, cancel, export_key, fail, file_name, is_overdue, request_export
from functions.exports.errors import ExportNotFound, ExportOver, ExportStarted
from functions.exports.ports import DownloadLinks, ExportStore
from functions.shared.errors import StaleVersion
from functions.shared.http.pages import Page
from functions.shared.identifiers import is_id
from functions.shared.optimistic_locking import retry_if_stale

LINK_EXPIRES_IN_S = 5 * 60
# An export changes with each of its parts.
CANCEL_ATTEMPTS = 10


class ExportService:
    """The use cases of exports; `restricted_to` is the only owner a caller may see, None for a caller who sees all."""

    def __init__(self, store: ExportStore, links: DownloadLinks) -> None:
        self._store = store
        self._links = links

    def request(
        self, source: Source, *, owner: str, restricted_to: str | None, request_token: str | None = None
    ) -> Export:
        """Start an export of the data that the caller may see.

        Args:
            source: The source of the data.
            owner: The subject of the caller.
            restricted_to: Export only data of this owner; None for the data of all.
            request_token: Identifies the request; a repeated request returns the export that the first one started.

        Raises:
            TooManyExports: The owner has as many exports as the quota allows.
        """
        export, event = request_export(source=source, owner=owner, restricted_to=restricted_to)
        try:
            self._store.add(export, event, request_token=request_token)
        except ExportStarted as error:
            return self._store.get(error.export_id)
        return export

    def get(self, export_id: str, *, restricted_to: str | None) -> Export:
        """Return an export.

        Raises:
            ExportNotFound: No export that the caller may see has this id.
        """
        return self._failed_if_overdue(self._get_visible(export_id, restricted_to))

    def list_page(self, *, restricted_to: str | None, limit: int, after: str | None) -> Page[Export]:
        """Return at most `limit` exports that the caller may see, newest first, after the position."""
        page = self._store.list_page(restricted_to=restricted_to, limit=limit, after=after)
        return Page(items=[self._failed_if_overdue(export) for export in page.items], next_position=page.next_position)

    def cancel(self, export_id: str, *, restricted_to: str | None) -> Export:
        """Stop an export; a repetition changes nothing.

        Raises:
            ExportNotFound: No export that the caller may see has this id.
            ExportOver: The export is available, or has failed.
            Unavailable: The export kept changing.
        """

        def cancel_stored() -> Export:
            export = self.get(export_id, restricted_to=restricted_to)
            if export.status == "cancelled":
                return export
            if export.is_over:
                raise ExportOver
            after, event = cancel(export)
            self._store.replace(export, after, event)
            return after

        return retry_if_stale(cancel_stored, attempts=CANCEL_ATTEMPTS, busy="The export is changing. Try again.")

    def link(self, export: Export) -> str | None:
        """Return a link that downloads an export; None if it is not available."""
        if export.status != "available":
            return None
        return self._links.link(export_key(export), file_name=file_name(export), expires_in_s=LINK_EXPIRES_IN_S)

    def _failed_if_overdue(self, export: Export) -> Export:
        """Return the export; if it is overdue, store its failure first and publish the event, once.

        No message is left that would end an overdue export, so the next read ends it.
        """
        if not is_overdue(export, datetime.now(UTC)):
            return export
        after, event = fail(export, "too_slow")
        try:
            self._store.replace(export, after, event)
        except StaleVersion:
            # A concurrent read, or a late part, has stored the failure.
            return self._store.get(export.export_id)
        return after

    def _get_visible(self, export_id: str, restricted_to: str | None) -> Export:
        if not is_id(export_id):
            raise ExportNotFound
        export = self._store.get(export_id)
        # The owner of an export of all data may have become a member: compare `restricted_to`, not `owner`.
        if restricted_to not in {None, export.restricted_to}:
            raise ExportNotFound
        return export
