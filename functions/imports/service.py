"""What can be done with imports, and how they settle."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from functions.imports.domain import FileVersion, Import, Tally, cancel, chunk_key, finish, is_stuck, request_import
from functions.imports.errors import FileUnknown, ImportNotFound, ImportOver, ImportStarted, StaleImport, UnknownFormat
from functions.imports.parsing.layout import Format, Layout
from functions.imports.parsing.rows import Reject
from functions.imports.store import ImportStore, Objects
from functions.shared.aws.backoff import again_while_busy
from functions.shared.errors import Unavailable
from functions.shared.http.pages import Page
from functions.shared.identifiers import is_id
from functions.shared.messaging.events import Event
from functions.shared.messaging.inbox import AlreadySeen

CANCEL_ATTEMPTS = 10
FORMATS: dict[str, Format] = {"text/csv": "csv", "application/x-ndjson": "ndjson"}


class ImportService:
    """The use cases of imports."""

    def __init__(self, store: ImportStore, objects: Objects) -> None:
        self._store = store
        self._objects = objects

    def keep_file(self, event: Event) -> None:
        """Remember a version of a file that was uploaded, or that the file was deleted.

        Versions become available in any order: the number tells which is current, not the order of the events.
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
        """Start an import, which belongs to whom the file belongs.

        Args:
            file_id: An uploaded file.
            layout: How to read it.
            restricted_to: The subject whose files alone may be imported; None for all.
            request_token: Names the request, so that one whose first try was cut off finds what that try started.

        Raises:
            FileUnknown: There is no such file that is available to them, or it is not known yet.
            UnknownFormat: The file's type does not say which format it has.
            ImportRunning: The same is being imported.
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

    def get(self, import_id: str, *, owner: str | None) -> Import:
        """Return an import, with the tally of the moment.

        Raises:
            ImportNotFound: There is none with this id, or it is not the owner's.
        """
        import_ = self._own(import_id, owner)
        return import_ if import_.is_over else replace(import_, tally=self._store.get_tally(import_id))

    def link(self, import_: Import) -> str | None:
        """Return a link to the list of what was rejected, where there is one, and as long as there is."""
        key = import_.rejects_key_at(datetime.now(UTC))
        return self._objects.link(key) if key else None

    def list_page(self, *, owner: str | None, limit: int, after: str | None) -> Page[Import]:
        """Return at most `limit` imports of an owner, or of all, newest first, from after the position on."""
        return self._store.list_page(owner=owner, limit=limit, after=after)

    def cancel(self, import_id: str, *, owner: str | None) -> Import:
        """Stop an import: what is read and not yet taken over is left out. What is written stays.

        One that is stuck on its way to its end is ended with what was told of it so far.

        Raises:
            ImportNotFound: There is none with this id, or it is not the owner's.
            ImportOver: All of it is taken over.
            Unavailable: The import kept changing.
        """
        for _ in range(CANCEL_ATTEMPTS):
            import_ = self._own(import_id, owner)
            if import_.outcome != "cancelled" and import_.status in {"reading", "writing"}:
                after, events = cancel(import_)
            elif not import_.is_over and is_stuck(import_):
                after, events = finish(import_)
            elif import_.outcome == "cancelled":
                return self.get(import_id, owner=owner)
            else:
                raise ImportOver
            try:
                self._store.replace(import_, after, events)
            except StaleImport:
                continue
            return self.get(import_id, owner=owner)
        raise Unavailable("The import is changing. Try again.")

    def count(self, event: Event, *, left_s: Callable[[], float]) -> None:
        """Count a chunk that was taken over, again while others are counted, as long as there is time.

        Raises:
            AlreadySeen: It was counted before, or the import ended without it.
            Unavailable: The store was busy for all the time that was left.
        """
        data = event.data
        import_id, chunk = data["import_id"], data["chunk"]
        rejects = [Reject(one["line"], one["field"], one["reason"]) for one in data["rejected"]]
        # A row can be wrong in two fields.
        rejected = len({reject.line for reject in rejects})
        told = Tally(chunks=1, written=data["written"], rejected=rejected, skipped=data["skipped"])
        seen = self._store.get(import_id).is_over
        if not seen:
            try:
                again_while_busy(
                    lambda: self._store.add_to_tally(import_id, chunk, told, rejects=rejects), left_s=left_s
                )
            except AlreadySeen:
                # Whoever counted it may have ended right after that.
                seen = True
            again_while_busy(lambda: self.settle(import_id), left_s=left_s)
        # Its rows are in their place now, or are no good; what they hold of persons is not kept for nothing.
        self._objects.delete(chunk_key(import_id, chunk))
        if seen:
            raise AlreadySeen

    def settle(self, import_id: str) -> None:
        """Let an import go on to its finish, if all that was handed on is counted."""
        import_ = self._store.get(import_id)
        if import_.status != "writing" or self._store.get_tally(import_id).chunks < import_.handed_on:
            return
        after, events = finish(import_)
        try:
            self._store.replace(import_, after, events)
        except StaleImport:
            # Another one has settled it, or it was cancelled, and whoever cancelled it looks as well.
            return

    def _own(self, import_id: str, owner: str | None) -> Import:
        if not is_id(import_id):
            raise ImportNotFound
        import_ = self._store.get(import_id)
        if owner not in {None, import_.owner}:
            raise ImportNotFound
        return import_
