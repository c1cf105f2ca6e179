"""Fakes of the ports of imports."""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from functions.imports.domain import FileVersion, Import, Tally
from functions.imports.errors import ImportNotFound, ImportRunning, ImportStarted
from functions.imports.parsing.rows import Reject
from functions.imports.repository import LOCKED_S
from functions.shared.errors import StaleVersion
from functions.shared.http.pages import Page
from functions.shared.messaging.events import Event
from functions.shared.messaging.inbox import AlreadySeen
from tests.imports.files import FakeFile

if TYPE_CHECKING:
    from functions.imports.ports import ImportObjects, ImportStore, UploadedFiles


class FakeImportStore:
    """The `ImportStore` in memory.

    Attributes:
        events: The events written with the imports.
        before_write: Called before each write; an error that it raises replaces the write.
        after_write: Called after each write; an error that it raises hides that the write succeeded.
    """

    def __init__(self) -> None:
        self.imports: dict[str, Import] = {}
        self.files: dict[str, tuple[float, FileVersion | None]] = {}
        self.running: dict[tuple[object, ...], str] = {}
        self.requests: dict[str, str] = {}
        self.tallies: dict[str, Tally] = defaultdict(Tally)
        self.kept: dict[tuple[str, int, str], Sequence[Reject]] = {}
        self.events: list[Event] = []
        self.before_write: Callable[[], None] = lambda: None
        self.after_write: Callable[[], None] = lambda: None

    def keep_file(self, file: FileVersion, *, number: int) -> None:
        if self.files.get(file.file_id, (0, None))[0] < number:
            self.files[file.file_id] = (number, file)

    def forget_file(self, file_id: str) -> None:
        self.files[file_id] = (math.inf, None)

    def find_file(self, file_id: str) -> FileVersion | None:
        return self.files.get(file_id, (0, None))[1]

    def add(self, import_: Import, events: Sequence[Event], *, request_token: str | None = None) -> None:
        self.before_write()
        started = self.requests.get(request_token, import_.import_id) if request_token else import_.import_id
        if started != import_.import_id:
            raise ImportStarted(started)
        lock, running = _lock(import_), self.running.get(_lock(import_))
        expires_at = self.imports[running].created_at + timedelta(seconds=LOCKED_S) if running else datetime.now(UTC)
        if running and running != import_.import_id and datetime.now(UTC) < expires_at:
            raise ImportRunning(running)
        self.running[lock] = import_.import_id
        if request_token:
            self.requests[request_token] = import_.import_id
        if import_.import_id not in self.imports:
            self.imports[import_.import_id] = import_
            self.events += events
        self.after_write()

    def get(self, import_id: str) -> Import:
        try:
            return self.imports[import_id]
        except KeyError:
            raise ImportNotFound from None

    def replace(
        self, before: Import, after: Import, events: Sequence[Event], *, rejects: Sequence[Reject] = ()
    ) -> None:
        self.before_write()
        if self.imports[before.import_id] == after:
            return
        if self.imports[before.import_id].version != before.version:
            raise StaleVersion
        if after.is_over:
            if self.running.get(_lock(after)) == after.import_id:
                del self.running[_lock(after)]
            self.tallies.pop(after.import_id, None)
        self.imports[after.import_id] = after
        if rejects:
            self.kept[after.import_id, before.chunks_read, "read"] = rejects
        self.events += events
        self.after_write()

    def add_to_tally(self, import_id: str, chunk: int, counts: Tally, *, rejects: Sequence[Reject]) -> None:
        self.before_write()
        if (import_id, chunk, "taken") in self.kept:
            raise AlreadySeen
        self.kept[import_id, chunk, "taken"] = rejects
        tally = self.tallies[import_id]
        self.tallies[import_id] = replace(
            tally,
            chunks=tally.chunks + counts.chunks,
            written=tally.written + counts.written,
            rejected=tally.rejected + counts.rejected,
            skipped=tally.skipped + counts.skipped,
        )
        self.after_write()

    def get_tally(self, import_id: str) -> Tally:
        return self.tallies[import_id]

    def rejects(self, import_id: str, chunks: Iterable[int]) -> Iterator[Reject]:
        for chunk in chunks:
            found = [one for stage in ("read", "taken") for one in self.kept.get((import_id, chunk, stage), ())]
            yield from sorted(found, key=lambda reject: reject.line)

    def list_page(self, *, restricted_to: str | None, limit: int, after: str | None) -> Page[Import]:
        found = [
            one
            for import_id, one in sorted(self.imports.items(), reverse=True)
            if restricted_to in {None, one.owner} and (after is None or import_id < after)
        ]
        more = len(found) > limit
        return Page(items=found[:limit], next_position=found[limit - 1].import_id if more else None)


class FakeImportObjects:
    """The `ImportObjects` in memory."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.uploads: dict[tuple[str, str], dict[str, bytes]] = {}

    def write(self, key: str, content: bytes) -> None:
        self.objects[key] = content

    def begin_parts(self, key: str) -> str:
        upload_id = f"upload-{len(self.uploads)}"
        self.uploads[key, upload_id] = {}
        return upload_id

    def write_part(self, key: str, upload_id: str, number: int, content: bytes) -> str:
        self.uploads[key, upload_id][f"{number}-{hash(content)}"] = content
        return f"{number}-{hash(content)}"

    def complete_parts(self, key: str, upload_id: str, tags: Sequence[str]) -> None:
        self.objects[key] = b"".join(self.uploads[key, upload_id][tag] for tag in tags)

    def delete(self, key: str) -> None:
        self.objects.pop(key, None)

    def link(self, key: str) -> str:
        return f"https://s3.example/{key}"


class FakeUploadedFiles:
    """The `UploadedFiles` in memory: every file has the same bytes."""

    def __init__(self, content: bytes) -> None:
        self.content = content

    def open(self, version: FileVersion) -> FakeFile:  # noqa: ARG002 - see the class
        return FakeFile(self.content)


def _lock(import_: Import) -> tuple[object, ...]:
    return (import_.file.file_id, import_.file.version_id, str(import_.layout.to_json()))


if TYPE_CHECKING:
    _: tuple[ImportStore, ImportObjects, UploadedFiles] = (
        FakeImportStore(),
        FakeImportObjects(),
        FakeUploadedFiles(b""),
    )
