"""Reads the file of an import and hands its rows on, chunk by chunk.

What can go wrong, and what then happens: the function's time runs out – the checkpoint stands, and an event has the
next one read on; the function ends in mid-chunk – its message comes again, and the chunk is read again from the
checkpoint; it ends after the object was written – the same; two readers have the same import – one finds it changed,
and leaves it to the other; the import was cancelled – the same.
"""

from collections.abc import Callable
from dataclasses import dataclass

from functions.imports.domain import Change, Import, chunk_key, hand_on, pause, refuse
from functions.imports.errors import StaleImport
from functions.imports.parsing.chunks import CHUNK_RECORDS, Chunk, chunks
from functions.imports.parsing.reasons import FileRefused
from functions.imports.parsing.rows import Rows
from functions.imports.service import ImportService
from functions.imports.store import Files, ImportStore, Objects
from functions.shared.aws.backoff import again_while_busy
from functions.shared.messaging.events import Event

# What a chunk may take, and the event that has another function go on.
MARGIN_S = 8.0


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads imports that are `reading`, and hands on chunks of so many records."""

    store: ImportStore
    files: Files
    objects: Objects
    imports: ImportService
    chunk_records: int = CHUNK_RECORDS

    def read(self, event: Event, *, left_s: Callable[[], float]) -> None:
        """Read on in an import, as far as the time allows, at least by one chunk."""
        if event.data.get("stage", "reading") != "reading":
            return
        import_ = self.store.get(event.data["import_id"])
        if import_.status == "reading":
            try:
                self._read(import_, left_s)
            except StaleImport:
                return
        self.imports.settle(import_.import_id)

    def _read(self, import_: Import, left_s: Callable[[], float]) -> None:
        try:
            rows = Rows(self.files.open(import_.file), import_.layout, import_.checkpoint)
            for chunk in chunks(rows, records=self.chunk_records):
                import_ = self._hand_on(import_, chunk, left_s)
                if not chunk.is_last and left_s() < MARGIN_S:
                    self._replace(import_, pause(import_), left_s)
                    return
        except FileRefused as error:
            self._replace(import_, refuse(import_, error), left_s)

    def _hand_on(self, import_: Import, chunk: Chunk, left_s: Callable[[], float]) -> Import:
        if chunk.accepted:
            key, content = chunk_key(import_.import_id, import_.cuts), chunk.to_ndjson()
            again_while_busy(lambda: self.objects.write(key, content), left_s=left_s)
        change = hand_on(import_, chunk)
        again_while_busy(lambda: self.store.replace(import_, *change, rejects=chunk.rejected), left_s=left_s)
        return change[0]

    def _replace(self, import_: Import, change: Change, left_s: Callable[[], float]) -> None:
        again_while_busy(lambda: self.store.replace(import_, *change), left_s=left_s)
