"""Brings imports to their end: writes down what was rejected, and empties the chunks of those that were cancelled."""

from collections.abc import Iterator
from dataclasses import dataclass

from functions.imports.domain import Import, chunk_key, conclude, rejects_key
from functions.imports.errors import StaleImport
from functions.imports.rows import Reject
from functions.imports.service import ImportService
from functions.imports.store import ImportStore, Objects
from functions.shared.events import Event
from functions.shared.inbox import AlreadySeen

# Parts of an upload have at least 5 MiB: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
PART_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Finisher:
    """Takes imports from `finishing` to their end."""

    store: ImportStore
    objects: Objects
    imports: ImportService

    def go_on(self, event: Event) -> None:
        """Do what an event of an import asks for.

        Raises:
            AlreadySeen: It is done.
        """
        import_ = self.store.get(event.data["import_id"])
        if event.type == "ImportCancelRequested.v1":
            self._empty(import_)
        elif event.data["stage"] == "finishing":
            self._finish(import_)

    def _finish(self, import_: Import) -> None:
        if import_.status != "finishing":
            raise AlreadySeen
        tally = self.store.get_tally(import_.import_id)
        key = None
        if import_.unreadable or tally.rejected:
            key = rejects_key(import_.import_id)
            self.objects.write_parts(key, _csv(self.store.rejects(import_.import_id, cuts=import_.cuts)))
        try:
            self.store.replace(import_, *conclude(import_, tally=tally, rejects_key=key))
        except StaleImport as error:
            raise AlreadySeen from error

    def _empty(self, import_: Import) -> None:
        """Take the rows out of the chunks that may not be taken over yet, last one first, since those are first to go.

        The one after the last may have been written by a reader that then found the import cancelled.
        """
        if not import_.is_over:
            for chunk in reversed(range(import_.cuts + 1)):
                self.objects.write(chunk_key(import_.import_id, chunk), b"")
        self.imports.settle(import_.import_id)


def _csv(rejects: Iterator[Reject]) -> Iterator[bytes]:
    """Write the rejects as CSV, in parts; neither codes nor names of fields need quotes."""
    part = ["line,field,reason\r\n"]
    size_bytes = 0
    for reject in rejects:
        line = f"{reject.line},{reject.field or ''},{reject.reason}\r\n"
        part.append(line)
        size_bytes += len(line)
        if size_bytes >= PART_BYTES:
            yield "".join(part).encode()
            part, size_bytes = [], 0
    if part:
        yield "".join(part).encode()
