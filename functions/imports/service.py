"""The use cases of imports."""

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime

from functions.imports.domain import FileVersion, Import, Tally, cancel, chunk_key, finish, is_stuck, request_import
from functions.imports.errors import FileUnknown, ImportNotFound, ImportOver, ImportStarted, UnknownFormat
from functions.imports.parsing.layout import Format, Layout
from functions.imports.parsing.rows import Reject
from functions.imports.ports import ImportObjects, ImportStore
from functions.shared.aws.backoff import again_while_busy
from functions.shared.errors import StaleVersion
from functions.shared.http.pages import Page
from functions.shared.identifiers import is_id
from functions.shared.messaging.events import Event
from functions.shared.messaging.inbox import AlreadySeen
from functions.shared.optimistic_locking import retry_if_stale

FORMATS: dict[str, Format] = {"text/csv": "csv", "application/x-ndjson": "ndjson"}
# An import changes with each of its chunks.
CANCEL_ATTEMPTS = 10


class ImportService:
    """The use cases of imports; `restricted_to` is the only owner a caller may see, None for a caller who sees all."""

    def __init__(self, store: ImportStore, objects: ImportObjects) -> None:
        self._store = store
        self._objects = objects

    def consume(self, event: Event) -> None:
        """Record an uploaded or deleted file, or count an imported chunk.

        Raises:
            AlreadySeen: The chunk was counted before, or the import ended without it.
            Unavailable: The store was busy until the time was over.
        """
        if event.source == "files":
            self._keep_file(event)
        else:
            self._count(event)

    def _keep_file(self, event: Event) -> None:
        """Record that a version of a file is available, or that the file was deleted.

        Versions become available in any order: the version number, not the order of events, shows the current one.
        """
        data = event.data
        if event.type == "FileDeleted.v1":
            self._store.forget_file(data["file_id"])
            return
        file = FileVersion(
            file_id=data["file_id"],
            owner=data["owner"],
            key=data["key"],
            version_id=data["version_id"],
            size_bytes=data["size_bytes"],
            content_type=data["content_type"],
        )
        self._store.keep_file(file, number=data["number"])

    def request(
        self, file_id: str, layout: Layout, *, restricted_to: str | None = None, request_token: str | None = None
    ) -> Import:
        """Start an import, owned by the owner of the file.

        Args:
            file_id: An uploaded file.
            layout: How to read the file.
            restricted_to: The caller may import only files of this owner; None for all files.
            request_token: Identifies the request; a repeated request returns the import that the first one started.

        Raises:
            FileUnknown: The file is not available to the caller, or the event about it has not arrived yet.
            UnknownFormat: The content type of the file does not determine its format.
            ImportRunning: The same import is running.
        """
        file = self._store.find_file(file_id)
        if file is None or restricted_to not in {None, file.owner}:
            raise FileUnknown
        if layout.format == "auto":
            if file.content_type not in FORMATS:
                raise UnknownFormat(file.content_type)
            layout = replace(layout, format=FORMATS[file.content_type])
        import_, events = request_import(layout=layout, file=file)
        try:
            self._store.add(import_, events, request_token=request_token)
        except ImportStarted as error:
            return self._store.get(error.import_id)
        return import_

    def get(self, import_id: str, *, restricted_to: str | None) -> Import:
        """Return an import with its current tally.

        Raises:
            ImportNotFound: No import that the caller may see has this id.
        """
        import_ = self._get_visible(import_id, restricted_to)
        return import_ if import_.is_over else replace(import_, tally=self._store.get_tally(import_id))

    def link(self, import_: Import) -> str | None:
        """Return a link to the rejects file; None if there is none, or if it has expired."""
        key = import_.rejects_key_at(datetime.now(UTC))
        return self._objects.link(key) if key else None

    def list_page(self, *, restricted_to: str | None, limit: int, after: str | None) -> Page[Import]:
        """Return at most `limit` imports that the caller may see, newest first, after the position."""
        return self._store.list_page(restricted_to=restricted_to, limit=limit, after=after)

    def cancel(self, import_id: str, *, restricted_to: str | None) -> Import:
        """Stop an import: chunks that the target has not imported are skipped, written rows stay.

        A stuck import ends with the chunks that are counted so far.

        Raises:
            ImportNotFound: No import that the caller may see has this id.
            ImportOver: The import is finishing, or has ended.
            Unavailable: The import kept changing.
        """

        def cancel_stored() -> None:
            import_ = self._get_visible(import_id, restricted_to)
            if import_.outcome != "cancelled" and import_.status in {"reading", "writing"}:
                self._store.replace(import_, *cancel(import_))
            elif not import_.is_over and is_stuck(import_):
                self._store.replace(import_, *finish(import_))
            elif import_.outcome != "cancelled":
                raise ImportOver

        retry_if_stale(cancel_stored, attempts=CANCEL_ATTEMPTS, busy="The import is changing. Try again.")
        return self.get(import_id, restricted_to=restricted_to)

    def _count(self, event: Event) -> None:
        """Count a chunk that the target has imported; retry while the store is busy and time is left."""
        data = event.data
        import_id, chunk = data["import_id"], data["chunk"]
        rejects = [Reject(one["line"], one["field"], one["reason"]) for one in data["rejected"]]
        # A row can be wrong in two fields.
        rejected = len({reject.line for reject in rejects})
        counts = Tally(chunks=1, written=data["written"], rejected=rejected, skipped=data["skipped"])
        seen = self._store.get(import_id).is_over
        if not seen:
            try:
                again_while_busy(lambda: self._store.add_to_tally(import_id, chunk, counts, rejects=rejects))
            except AlreadySeen:
                # The function that counted the chunk may have ended before it settled the import.
                seen = True
            again_while_busy(lambda: self.settle(import_id))
        # The target has written or rejected the rows: the chunk's personal data is no longer needed.
        self._objects.delete(chunk_key(import_id, chunk))
        if seen:
            raise AlreadySeen

    def settle(self, import_id: str) -> None:
        """Move an import on to `finishing` if all its published chunks are counted."""
        import_ = self._store.get(import_id)
        if import_.status != "writing" or self._store.get_tally(import_id).chunks < import_.chunks_published:
            return
        # A stale version: a concurrent call has settled the import; or it was cancelled, and the finisher settles it.
        with suppress(StaleVersion):
            self._store.replace(import_, *finish(import_))

    def _get_visible(self, import_id: str, restricted_to: str | None) -> Import:
        if not is_id(import_id):
            raise ImportNotFound
        import_ = self._store.get(import_id)
        if restricted_to not in {None, import_.owner}:
            raise ImportNotFound
        return import_
