"""Reads the file of an import and publishes its rows, chunk by chunk.

What can go wrong:

- the time runs out: the checkpoint is stored, and an event starts the next reader;
- the function crashes within a chunk, or after it wrote the chunk's object: its message is delivered again, and the
  chunk is read again from the checkpoint;
- two readers read the same import, or the import is cancelled: the reader that finds the import changed stops.
"""

from dataclasses import dataclass

from functions.imports.domain import Change, Import, chunk_key, continue_reading, record_chunk, refuse
from functions.imports.parsing.chunks import CHUNK_RECORDS, Chunk, chunks
from functions.imports.parsing.reasons import FileRefused
from functions.imports.parsing.rows import Rows
from functions.imports.ports import ImportObjects, ImportStore, UploadedFiles
from functions.imports.service import ImportService
from functions.shared.aws.backoff import again_while_busy
from functions.shared.errors import StaleVersion
from functions.shared.invocation import time_left_s
from functions.shared.messaging.events import Event

# Time to read and store a chunk, and to store the event that starts the next reader.
MARGIN_S = 8.0


@dataclass(frozen=True, slots=True)
class ImportReader:
    """Reads the files of imports that are `reading`."""

    store: ImportStore
    files: UploadedFiles
    objects: ImportObjects
    imports: ImportService
    chunk_records: int = CHUNK_RECORDS

    def consume(self, event: Event) -> None:
        """Read an import's file from its checkpoint, at least one chunk, as far as the time allows."""
        if event.data.get("stage", "reading") != "reading":
            return
        import_ = self.store.get(event.data["import_id"])
        if import_.status == "reading":
            try:
                self._read(import_)
            except StaleVersion:
                return
        self.imports.settle(import_.import_id)

    def _read(self, import_: Import) -> None:
        try:
            rows = Rows(self.files.open(import_.file), import_.layout, import_.checkpoint)
            for chunk in chunks(rows, records=self.chunk_records):
                import_ = self._record_chunk(import_, chunk)
                if not chunk.is_last and time_left_s() < MARGIN_S:
                    self._replace(import_, continue_reading(import_))
                    return
        except FileRefused as error:
            self._replace(import_, refuse(import_, error))

    def _record_chunk(self, import_: Import, chunk: Chunk) -> Import:
        if chunk.accepted:
            key, content = chunk_key(import_.import_id, import_.chunks_read), chunk.to_ndjson()
            again_while_busy(lambda: self.objects.write(key, content))
        change = record_chunk(import_, chunk)
        again_while_busy(lambda: self.store.replace(import_, *change, rejects=chunk.rejected))
        return change[0]

    def _replace(self, import_: Import, change: Change) -> None:
        again_while_busy(lambda: self.store.replace(import_, *change))
