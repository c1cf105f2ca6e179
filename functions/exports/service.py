"""What can be done with exports."""

from datetime import UTC, datetime

from functions.exports.domain import Export, Source, cancel, export_key, fail, file_name, has_died, request_export
from functions.exports.errors import ExportNotFound, ExportOver, ExportStarted, StaleExport
from functions.exports.store import ExportStore, Links
from functions.shared.errors import Unavailable
from functions.shared.http.pages import Page
from functions.shared.identifiers import is_id

CANCEL_ATTEMPTS = 10
LINK_EXPIRES_IN_S = 5 * 60


class ExportService:
    """The use cases of exports; `restricted_to` hides all but those of what is this subject's, None nothing."""

    def __init__(self, store: ExportStore, links: Links) -> None:
        self._store = store
        self._links = links

    def request(
        self, source: Source, *, owner: str, restricted_to: str | None, request_token: str | None = None
    ) -> Export:
        """Start an export of everything, or of what is a subject's.

        Args:
            source: What to export.
            owner: Who asks for it.
            restricted_to: Whose things alone it holds; None for everything.
            request_token: Names the request, so that one whose first try was cut off finds what that try started.
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
            ExportNotFound: There is none with this id, or it holds more than what is the subject's.
        """
        return self._settled(self._visible(export_id, restricted_to))

    def list_page(self, *, restricted_to: str | None, limit: int, after: str | None) -> Page[Export]:
        """Return at most `limit` exports, newest first, from after the position on."""
        page = self._store.list_page(restricted_to=restricted_to, limit=limit, after=after)
        return Page(items=[self._settled(export) for export in page.items], next_position=page.next_position)

    def cancel(self, export_id: str, *, restricted_to: str | None) -> Export:
        """Stop an export; again, it changes nothing.

        Raises:
            ExportNotFound: There is none with this id, or it holds more than what is the subject's.
            ExportOver: It is available, or has failed.
            Unavailable: The export kept changing.
        """
        for _ in range(CANCEL_ATTEMPTS):
            export = self._settled(self._visible(export_id, restricted_to))
            if export.status == "cancelled":
                return export
            if export.is_over:
                raise ExportOver
            after, event = cancel(export)
            try:
                self._store.replace(export, after, event)
            except StaleExport:
                continue
            return after
        raise Unavailable("The export is changing. Try again.")

    def link(self, export: Export) -> str | None:
        """Return where an export can be downloaded; None where it is not available."""
        if export.status != "available":
            return None
        return self._links.link(export_key(export), file_name=file_name(export), expires_in_s=LINK_EXPIRES_IN_S)

    def _settled(self, export: Export) -> Export:
        """Return the export as it is by now: one that has died becomes one that failed, once, and an event tells of it.

        Nothing else would: what has died is on its way to nobody. It is told of when somebody looks.
        """
        if not has_died(export, datetime.now(UTC)):
            return export
        after, event = fail(export, "too_slow")
        try:
            self._store.replace(export, after, event)
        except StaleExport:
            # Somebody else has looked at the same time, or what it waited for has come at last, and failed it.
            return self._store.get(export.export_id)
        return after

    def _visible(self, export_id: str, restricted_to: str | None) -> Export:
        if not is_id(export_id):
            raise ExportNotFound
        export = self._store.get(export_id)
        # Who was an admin when they asked for everything may be a member now.
        if restricted_to not in {None, export.restricted_to}:
            raise ExportNotFound
        return export
