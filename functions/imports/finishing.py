"""Brings imports to their end: writes down what was rejected, and empties the chunks of those that were cancelled.

Either may take longer than a function may run. What can go wrong, and what then happens: the time runs out – an event
has the next one go on from there; the function ends in between – its message comes again, and what was done since the
last event is done again, with the same result.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from functions.imports.domain import (
    Change,
    Import,
    Listing,
    chunk_key,
    conclude,
    go_on_emptying,
    go_on_listing,
    rejects_key,
)
from functions.imports.errors import StaleImport
from functions.imports.parsing.rows import Reject
from functions.imports.service import ImportService
from functions.imports.store import ImportStore, Objects
from functions.shared.aws.backoff import again_while_busy
from functions.shared.messaging.events import Event
from functions.shared.messaging.inbox import AlreadySeen

# S3 takes parts from 5 MiB on, and 10,000 of them: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
# A file of 2 GB that has nothing but rejects fills less than 2,000 of these, whose tags fit the item of the import.
PART_BYTES = 16 * 1024 * 1024
# What is read at once, and so what a part can be larger: 50,000 rejects of some 30 bytes.
CHUNKS_AT_ONCE = 50
# What filling a part may take, and the event that has another function go on.
MARGIN_S = 30.0
HEAD = "line,field,reason\r\n"


@dataclass(frozen=True, slots=True)
class Finisher:
    """Takes imports from `finishing` to their end."""

    store: ImportStore
    objects: Objects
    imports: ImportService
    part_bytes: int = PART_BYTES
    chunks_at_once: int = CHUNKS_AT_ONCE

    def go_on(self, event: Event, *, left_s: Callable[[], float]) -> None:
        """Do what an event of an import asks for, as far as the time allows.

        Raises:
            AlreadySeen: It is done.
            StaleImport: The import has changed meanwhile; another try sees what is left to do.
            Unavailable: The store was busy for all the time that was left.
        """
        import_ = self.store.get(event.data["import_id"])
        if event.type == "ImportCancelRequested.v1":
            self._empty(import_, event.data.get("chunks"), left_s)
        elif event.data["stage"] == "finishing":
            if import_.status != "finishing":
                raise AlreadySeen
            try:
                self._replace(import_, self._finish(import_, left_s), left_s)
            except StaleImport as error:
                raise AlreadySeen from error

    def _finish(self, import_: Import, left_s: Callable[[], float]) -> Change:
        tally = self.store.get_tally(import_.import_id)
        if not (import_.unreadable or tally.rejected):
            return conclude(import_, tally=tally, rejects_key=None)
        unfinished = self._list_rejects(import_, left_s)
        if unfinished is not None:
            return go_on_listing(import_, unfinished)
        return conclude(import_, tally=tally, rejects_key=rejects_key(import_.import_id))

    def _list_rejects(self, import_: Import, left_s: Callable[[], float]) -> Listing | None:
        """List what was rejected; return how far that is when time runs out, None when it is done.

        Where rejects are so few that no part of them is filled in the time, all of them are read in it: 2 GB have some
        150,000 chunks of the shortest rows that there are, 3,000 reads.
        """
        listing = import_.listing
        content = HEAD if listing is None else ""
        for since in range(listing.chunks if listing else 0, import_.cuts, self.chunks_at_once):
            cuts = min(since + self.chunks_at_once, import_.cuts)
            content += _lines(self._rejects(import_, since, cuts, left_s))
            if len(content) >= self.part_bytes:
                listing = self._with_part(import_, listing, content, cuts, left_s)
                content = ""
                if cuts < import_.cuts and left_s() < MARGIN_S:
                    return listing
        key = rejects_key(import_.import_id)
        if listing is None:
            again_while_busy(lambda: self.objects.write(key, content.encode()), left_s=left_s)
            return None
        if content:
            listing = self._with_part(import_, listing, content, import_.cuts, left_s)
        upload_id, tags = listing.upload_id, listing.tags
        again_while_busy(lambda: self.objects.complete_parts(key, upload_id, tags), left_s=left_s)
        return None

    def _rejects(self, import_: Import, since: int, cuts: int, left_s: Callable[[], float]) -> Sequence[Reject]:
        return again_while_busy(
            lambda: list(self.store.rejects(import_.import_id, since=since, cuts=cuts)), left_s=left_s
        )

    def _with_part(
        self, import_: Import, listing: Listing | None, content: str, chunks: int, left_s: Callable[[], float]
    ) -> Listing:
        key = rejects_key(import_.import_id)
        if listing is None:
            listing = Listing(upload_id=again_while_busy(lambda: self.objects.begin_parts(key), left_s=left_s))
        upload_id, number = listing.upload_id, len(listing.tags) + 1
        tag = again_while_busy(lambda: self.objects.write_part(key, upload_id, number, content.encode()), left_s=left_s)
        return replace(listing, tags=(*listing.tags, tag), chunks=chunks)

    def _empty(self, import_: Import, chunks: int | None, left_s: Callable[[], float]) -> None:
        """Take the rows out of the chunks that may not be taken over yet, last one first, since those are first to go.

        The one after the last may have been written by a reader that then found the import cancelled.
        """
        if not import_.is_over:
            for chunk in reversed(range(import_.cuts + 1 if chunks is None else chunks)):
                key = chunk_key(import_.import_id, chunk)
                again_while_busy(partial(self.objects.write, key, b""), left_s=left_s)
                if chunk and left_s() < MARGIN_S:
                    self._replace(import_, go_on_emptying(import_, chunks=chunk), left_s)
                    return
        self.imports.settle(import_.import_id)

    def _replace(self, import_: Import, change: Change, left_s: Callable[[], float]) -> None:
        again_while_busy(lambda: self.store.replace(import_, *change), left_s=left_s)


def _lines(rejects: Sequence[Reject]) -> str:
    """Write rejects as CSV; neither codes nor names of fields need quotes."""
    return "".join(f"{reject.line},{reject.field or ''},{reject.reason}\r\n" for reject in rejects)
