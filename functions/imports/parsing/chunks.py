"""Cuts the rows of a file into chunks: what is handed on at once, and what a crash makes to be read again."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field

from functions.imports.parsing.rows import Accepted, Checkpoint, Reject, Rows

# A chunk takes a worker seconds, and the rejects of all its rows fit one event (256 KB).
CHUNK_RECORDS = 1000
# The characters of its values, so that a few huge rows do not make a huge chunk.
CHUNK_CHARACTERS = 1_000_000
# What is read for it, so that a reader gets to look at the clock where there are hardly any rows: it takes seconds for
# as many empty lines.
CHUNK_BYTES = 512 * 1024


@dataclass(slots=True)
class Chunk:
    """Some rows of a file, in order.

    Attributes:
        checkpoint: Where the next chunk begins.
        is_last: Whether the file ends with it.
    """

    checkpoint: Checkpoint
    accepted: list[Accepted] = field(default_factory=list)
    rejected: list[Reject] = field(default_factory=list)
    is_last: bool = False

    @property
    def records(self) -> int:
        """How many records were read."""
        return len(self.accepted) + len(self.rejected)

    def to_ndjson(self) -> bytes:
        """Return the rows as the contract of `ImportChunkReady.v1` describes them: `{"line": …, "row": {…}}` each."""
        lines = (
            json.dumps({"line": one.line, "row": one.row}, ensure_ascii=False, separators=(",", ":"))
            for one in self.accepted
        )
        return "".join(f"{line}\n" for line in lines).encode()


def chunks(rows: Rows, *, records: int = CHUNK_RECORDS) -> Iterator[Chunk]:
    """Cut rows into chunks of so many records or fewer, perhaps of none; the last one is marked."""
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
