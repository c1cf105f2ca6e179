"""Fakes of the ports of exports."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from functions.exports.domain import Export, Part
from functions.exports.errors import ExportNotFound, ExportStarted, TooManyExports
from functions.shared.errors import StaleVersion
from functions.shared.http.pages import Page
from functions.shared.messaging.events import Event
from functions.shared.messaging.inbox import AlreadySeen

if TYPE_CHECKING:
    from functions.exports.ports import DownloadLinks, ExportObjects, ExportStore
    from functions.shared.exporting import Parts


class FakeExportStore:
    """The `ExportStore` in memory.

    Attributes:
        events: The events written with the exports.
        before_write: Called before each write; an error that it raises replaces the write.
        after_write: Called after each write; an error that it raises hides that the write succeeded.
    """

    def __init__(self, *, exports_per_owner: int = 1000) -> None:
        self.exports_per_owner = exports_per_owner
        self.exports: dict[str, Export] = {}
        self.events: list[Event] = []
        self.requests: dict[str, str] = {}
        self.before_write: Callable[[], None] = lambda: None
        self.after_write: Callable[[], None] = lambda: None

    def add(self, export: Export, event: Event, *, request_token: str | None = None) -> None:
        if request_token in self.requests:
            raise ExportStarted(self.requests[request_token])
        owned = [each for each in self.exports.values() if each.owner == export.owner and each.status != "failed"]
        if len(owned) >= self.exports_per_owner:
            raise TooManyExports(self.exports_per_owner)
        self._write(export, event)
        if request_token is not None:
            self.requests[request_token] = export.export_id

    def get(self, export_id: str) -> Export:
        try:
            return self.exports[export_id]
        except KeyError:
            raise ExportNotFound from None

    def replace(self, before: Export, after: Export, event: Event) -> None:
        if self.exports[before.export_id].version != before.version:
            raise StaleVersion
        self._write(after, event)

    def list_page(self, *, restricted_to: str | None, limit: int, after: str | None) -> Page[Export]:
        found = [
            export
            for export_id, export in sorted(self.exports.items(), reverse=True)
            if restricted_to in {None, export.restricted_to} and (after is None or export_id < after)
        ]
        more = len(found) > limit
        return Page(items=found[:limit], next_position=found[limit - 1].export_id if more else None)

    def _write(self, export: Export, event: Event) -> None:
        self.before_write()
        self.exports[export.export_id] = export
        self.events.append(event)
        self.after_write()


class FakeExportObjects:
    """The `ExportObjects`, the `DownloadLinks` and the `Parts` of one bucket in memory.

    Attributes:
        before_write: Called before each write; an error that it raises replaces the write.
    """

    def __init__(self) -> None:
        self.objects: dict[str, tuple[bytes, Mapping[str, str]]] = {}
        self.before_write: Callable[[], None] = lambda: None

    def put(self, key: str, content: bytes, metadata: Mapping[str, str]) -> None:
        if key in self.objects:
            raise AlreadySeen
        self.objects[key] = (content, metadata)

    def get_part(self, key: str) -> Part:
        content, metadata = self.objects[key]
        next_position = None if metadata.get("is-last") == "true" else metadata["next-position"]
        return Part(rows=int(metadata["rows"]), size_bytes=len(content), next_position=next_position)

    def join(self, keys: Sequence[str], target: str) -> None:
        parts = [self.objects[key][0] for key in keys]
        assert all(parts), "S3 does not join empty parts"
        self.before_write()
        self.objects[target] = (b"".join(parts), {})

    def remove(self, keys: Sequence[str]) -> None:
        self.before_write()
        for key in keys:
            self.objects.pop(key, None)

    def link(self, key: str, *, file_name: str, expires_in_s: int) -> str:
        return f"https://s3.example/{key}?as={file_name}&for={expires_in_s}"


if TYPE_CHECKING:
    _: tuple[ExportStore, ExportObjects, DownloadLinks, Parts] = (
        FakeExportStore(),
        FakeExportObjects(),
        FakeExportObjects(),
        FakeExportObjects(),
    )
