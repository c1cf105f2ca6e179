"""A whole import in memory, including its target: events are delivered in any order, and more than once."""

import json
from collections.abc import Callable

from functions.imports.domain import Import
from functions.imports.finishing import ImportFinisher
from functions.imports.parsing.layout import Layout
from functions.imports.reading import ImportReader
from functions.imports.service import ImportService
from functions.shared.errors import StaleVersion, Unavailable
from functions.shared.invocation import LambdaContext, invocation
from functions.shared.messaging.events import Event
from functions.shared.messaging.inbox import AlreadySeen
from functions.users.bulk import BulkImport
from functions.users.ports import ChunkRow
from tests.imports.fakes import FakeImportObjects, FakeImportStore, FakeUploadedFiles
from tests.tools.contracts.contracts import contract_of
from tests.users.fakes_bulk import Crash, FakeBulkUserStore

# Small sizes, so that tests with many chunks and parts are fast.
CHUNK_RECORDS = 10
ROWS = 4 * CHUNK_RECORDS + 7
PART_BYTES, CHUNKS_AT_ONCE = 60, 2
FILE_ID = "01938b2e-ac4a-7d3f-9a51-4f0c2b6d8e10"


def uploaded() -> Event:
    """Return the event of an uploaded file."""
    return Event(
        type="FileUploaded.v1",
        source="files",
        subject=f"files/{FILE_ID}",
        sequence=2,
        data={
            "file_id": FILE_ID,
            "owner": "alice",
            "number": 1,
            "content_type": "text/csv",
            "size_bytes": 1,
            "checksum_sha256": "0" * 64,
            "bucket": "files",
            "key": f"files/{FILE_ID}/1",
            "version_id": "v1",
        },
    )


class _Context(LambdaContext):
    def __init__(self, left_s: Callable[[], float]) -> None:
        self._left_s = left_s

    def get_remaining_time_in_millis(self) -> int:
        return int(self._left_s() * 1000)


class Pipeline:
    """An import of one file; `left_s` is the time that reader and finisher have left each time they ask."""

    def __init__(self, content: bytes, *, left_s: Callable[[], float] = lambda: 100.0) -> None:
        self.store, self.objects, self.users = FakeImportStore(), FakeImportObjects(), FakeBulkUserStore()
        self.service = ImportService(self.store, self.objects)
        self.service.consume(uploaded())
        self._reader = ImportReader(self.store, FakeUploadedFiles(content), self.objects, self.service, CHUNK_RECORDS)
        self._finisher = ImportFinisher(self.store, self.objects, self.service, PART_BYTES, CHUNKS_AT_ONCE)
        self._context = _Context(left_s)
        self._sent: dict[int, int] = {}
        self.waiting: list[tuple[str, Event]] = []

    def request(self, layout: Layout) -> Import:
        import_ = self.service.request(FILE_ID, layout)
        self.carry()
        return import_

    def carry(self) -> None:
        """Move the events of both outboxes to the queues of their consumers."""
        for number, outbox in enumerate((self.store.events, self.users.events)):
            for event in outbox[self._sent.get(number, 0) :]:
                contract_of(event.source, event.type).validate(event.envelope())
                self.waiting += [(consumer, event) for consumer in _CONSUMERS.get(event.type, ())]
            self._sent[number] = len(outbox)

    def deliver(self, place: int = 0, *, again: bool = False) -> None:
        """Deliver one of the waiting events; it stays in the queue if its consumer crashes, or with `again`."""
        place %= len(self.waiting)
        consumer, event = self.waiting[place]
        if not again:
            del self.waiting[place]
        try:
            getattr(self, f"_{consumer}")(event)
        except AlreadySeen:
            pass
        except (Crash, StaleVersion, Unavailable):
            if not again:
                self.waiting.append((consumer, event))
        self.carry()

    def run(self) -> None:
        """Deliver all events in order."""
        while self.waiting:
            self.deliver()

    def _read(self, event: Event) -> None:
        with invocation(self._context):
            self._reader.consume(event)

    def _finish(self, event: Event) -> None:
        with invocation(self._context):
            self._finisher.consume(event)

    def _count(self, event: Event) -> None:
        self.service.consume(event)

    def _take(self, event: Event) -> None:
        BulkImport(self.users, self, writers=1).take(event)

    def read(self, key: str) -> list[ChunkRow]:
        """Return the rows of a chunk, as the port of the target does."""
        lines = map(json.loads, self.objects.objects[key].splitlines())
        return [ChunkRow(line["line"], line["row"]) for line in lines]


_CONSUMERS = {
    "ImportRequested.v1": ("read",),
    "ImportProgressed.v1": ("read", "finish"),
    "ImportCancelRequested.v1": ("finish",),
    "ImportChunkReady.v1": ("take",),
    "ImportChunkTaken.v1": ("count",),
}


def content(rows: int = ROWS, *, bad: frozenset[int] = frozenset()) -> bytes:
    lines = (b"ragged" if row in bad else b"user%d@example.com,User" % row for row in range(rows))
    return b"e,n\n" + b"".join(line + b"\n" for line in lines)


def counts(import_: Import) -> dict[str, int]:
    tally = import_.tally
    return {
        "read": import_.records,
        "written": tally.written,
        "rejected": import_.unreadable + tally.rejected,
        "skipped": tally.skipped,
    }


def rejected_lines(pipeline: Pipeline, import_: Import) -> list[str]:
    if import_.rejects_key is None:
        return []
    return pipeline.objects.objects[import_.rejects_key].decode().splitlines()[1:]
