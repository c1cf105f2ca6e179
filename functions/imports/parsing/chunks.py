"""Cuts the rows of a file into chunks, the unit of publishing and of reading again after a crash."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field

from functions.imports.parsing.rows import Accepted, Checkpoint, Reject, Rows

# A worker imports a chunk in seconds, and the rejects of all its rows fit one event (256 KB).
CHUNK_RECORDS = 1000
# Limit of the characters in all values, so that a few huge rows do not make a huge chunk.
CHUNK_CHARACTERS = 1_000_000
# Limit of the bytes read, so that a reader checks the clock even if there are hardly any rows: this many empty lines
# take seconds.
CHUNK_BYTES = 512 * 1024


@dataclass(slots=True)
class Chunk:
    """Consecutive rows of a file.

    Attributes:
        checkpoint: The beginning of the next chunk.
        is_last: True for the last chunk of the file.
    """

    checkpoint: Checkpoint
    accepted: list[Accepted] = field(default_factory=list)
    rejected: list[Reject] = field(default_factory=list)
    is_last: bool = False

    @property
    def records(self) -> int:
        """The number of records read."""
        return len(self.accepted) + len(self.rejected)

    def to_ndjson(self) -> bytes:
        """Return a line `{"line": …, "row": {…}}` for each row, as the contract of `ImportChunkReady.v1` requires."""
        lines = (
            json.dumps({"line": one.line, "row": one.row}, ensure_ascii=False, separators=(",", ":"))
            for one in self.accepted
        )
        return "".join(f"{line}\n" for line in lines).encode()


def chunks(rows: Rows, *, records: int = CHUNK_RECORDS) -> Iterator[Chunk]:
    """Cut rows into chunks of at most `records` records, possibly none; the last chunk is marked."""
    chunk, characters, begin = Chunk(rows.checkpoint), 0, rows.offset
    for one in rows.steps():
        if isinstance(one, Reject):
            chunk.rejected.append(one)
        elif one is not None:
            chunk.accepted.append(one)
            characters += sum(map(len, one.row.values()))
        is_full = chunk.records == records or characters >= CHUNK_CHARACTERS
        if is_full or rows.offset - begin >= CHUNK_BYTES:
            chunk.checkpoint = rows.checkpoint
            yield chunk
            chunk, characters, begin = Chunk(rows.checkpoint), 0, rows.offset
    chunk.checkpoint, chunk.is_last = rows.checkpoint, True
    yield chunk
