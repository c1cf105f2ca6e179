"""Ends imports: writes the rejects file, and empties the chunks of cancelled imports.

Both can take longer than a function may run. What can go wrong:

- the time runs out: an event starts the next invocation, which continues from there;
- the function crashes: its message is delivered again, and the steps since the last event run again, with the same
  result.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import batched

from functions.imports.domain import (
    Change,
    Import,
    RejectsUpload,
    chunk_key,
    conclude,
    continue_emptying,
    continue_rejects_upload,
    rejects_key,
)
from functions.imports.parsing.rows import Reject
from functions.imports.ports import ImportObjects, ImportStore
from functions.imports.service import ImportService
from functions.shared.aws.backoff import again_while_busy
from functions.shared.errors import StaleVersion
from functions.shared.invocation import time_left_s
from functions.shared.messaging.events import Event
from functions.shared.messaging.inbox import AlreadySeen

# S3 joins up to 10,000 parts of 5 MiB or more: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
# The rejects of a file of 2 GB fill fewer than 2,000 parts of this size; their entity tags fit the item of the import.
PART_BYTES = 16 * 1024 * 1024
# Chunks per read. A part can exceed its size by the rejects of one read: 50,000 of some 30 bytes.
CHUNKS_AT_ONCE = 50
# Time to fill a part and to store the event that starts the next invocation.
MARGIN_S = 30.0
HEAD = "line,field,reason\r\n"


@dataclass(frozen=True, slots=True)
class ImportFinisher:
    """Moves imports from `finishing` to their final status."""

    store: ImportStore
    objects: ImportObjects
    imports: ImportService
    part_bytes: int = PART_BYTES
    chunks_at_once: int = CHUNKS_AT_ONCE

    def consume(self, event: Event) -> None:
        """Empty the chunks of a cancelled import, or write the rejects file, as far as the time allows.

        Raises:
            AlreadySeen: The import was finished before.
            StaleVersion: The import changed in the meantime; a retry reads its new state.
            Unavailable: The store was busy until the time was over.
        """
        import_ = self.store.get(event.data["import_id"])
        if event.type == "ImportCancelRequested.v1":
            self._empty(import_, event.data.get("chunks"))
        elif event.data["stage"] == "finishing":
            if import_.status != "finishing":
                raise AlreadySeen
            try:
                self._replace(import_, self._finish(import_))
            except StaleVersion as error:
                raise AlreadySeen from error

    def _finish(self, import_: Import) -> Change:
        tally = self.store.get_tally(import_.import_id)
        if not (import_.unreadable or tally.rejected):
            return conclude(import_, tally=tally, rejects_key=None)
        unfinished = self._list_rejects(import_)
        if unfinished is not None:
            return continue_rejects_upload(import_, unfinished)
        return conclude(import_, tally=tally, rejects_key=rejects_key(import_.import_id))

    def _list_rejects(self, import_: Import) -> RejectsUpload | None:
        """Write the rejects file; return the upload if the time runs out, None when the file is complete.

        The clock is checked only after a full part. If there are too few rejects to fill one, the time is enough to
        read all chunks: 2 GB of the shortest possible rows are some 150,000 chunks, or 3,000 reads.
        """
        upload = import_.rejects_upload
        content = HEAD if upload is None else ""
        unread = range(upload.chunks if upload else 0, import_.chunks_read)
        for chunks in batched(unread, self.chunks_at_once, strict=False):
            content += _lines(self._rejects(import_, chunks))
            if len(content) >= self.part_bytes:
                upload = self._with_part(import_, upload, content, chunks[-1] + 1)
                content = ""
                if upload.chunks < import_.chunks_read and time_left_s() < MARGIN_S:
                    return upload
        key = rejects_key(import_.import_id)
        if upload is None:
            again_while_busy(lambda: self.objects.write(key, content.encode()))
            return None
        if content:
            upload = self._with_part(import_, upload, content, import_.chunks_read)
        upload_id, tags = upload.upload_id, upload.tags
        again_while_busy(lambda: self.objects.complete_parts(key, upload_id, tags))
        return None

    def _rejects(self, import_: Import, chunks: Sequence[int]) -> Sequence[Reject]:
        return again_while_busy(lambda: list(self.store.rejects(import_.import_id, chunks)))

    def _with_part(self, import_: Import, upload: RejectsUpload | None, content: str, chunks: int) -> RejectsUpload:
        key = rejects_key(import_.import_id)
        if upload is None:
            upload = RejectsUpload(upload_id=again_while_busy(lambda: self.objects.begin_parts(key)))
        upload_id, number = upload.upload_id, len(upload.tags) + 1
        tag = again_while_busy(lambda: self.objects.write_part(key, upload_id, number, content.encode()))
        return replace(upload, tags=(*upload.tags, tag), chunks=chunks)

    def _empty(self, import_: Import, chunks: int | None) -> None:
        """Empty the chunks that the target may not have imported yet, in reverse, because it starts with the first.

        A reader may have written one more chunk before it found the import cancelled.
        """
        if not import_.is_over:
            for chunk in reversed(range(import_.chunks_read + 1 if chunks is None else chunks)):
                key = chunk_key(import_.import_id, chunk)
                again_while_busy(partial(self.objects.write, key, b""))
                if chunk and time_left_s() < MARGIN_S:
                    self._replace(import_, continue_emptying(import_, chunks=chunk))
                    return
        self.imports.settle(import_.import_id)

    def _replace(self, import_: Import, change: Change) -> None:
        again_while_busy(lambda: self.store.replace(import_, *change))


def _lines(rejects: Sequence[Reject]) -> str:
    """Return rejects as CSV; neither codes nor field names need quotes."""
    return "".join(f"{reject.line},{reject.field or ''},{reject.reason}\r\n" for reject in rejects)
