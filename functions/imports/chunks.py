"""Cuts the rows of a file into chunks: what is handed on at once, and what a crash makes to be read again."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field

from functions.imports.rows import Accepted, Checkpoint, Reject, Rows

# A chunk takes a worker seconds, and the rejects of all its rows fit one event (256 KB).
CHUNK_RECORDS = 1000
# The characters of its values, so that a few huge rows do not make a huge chunk.
CHUNK_CHARACTERS = 1_000_000


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
    """Cut rows into chunks of so many records or fewer; the last one, which may have no rows, is marked."""
    chunk = Chunk(rows.checkpoint)
    characters = 0
    for one in rows:
        if isinstance(one, Reject):
            chunk.rejected.append(one)
        else:
            chunk.accepted.append(one)
            characters += sum(map(len, one.row.values()))
        if chunk.records == records or characters >= CHUNK_CHARACTERS:
            chunk.checkpoint = rows.checkpoint
            yield chunk
            chunk, characters = Chunk(rows.checkpoint), 0
    chunk.checkpoint, chunk.is_last = rows.checkpoint, True
    yield chunk
