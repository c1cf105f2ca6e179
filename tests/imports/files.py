"""Files in memory, in blocks of chosen sizes, and helpers that read them."""

import itertools
from collections.abc import Iterator, Sequence

from functions.imports.parsing.chunks import chunks
from functions.imports.parsing.layout import Layout
from functions.imports.parsing.rows import Accepted, Checkpoint, Reject, Rows


class FakeFile:
    """A `File` in memory; its block sizes repeat the given ones."""

    def __init__(self, content: bytes, *, sizes: Sequence[int] = (65_536,)) -> None:
        self.content = content
        self._sizes = sizes

    def blocks(self, offset: int) -> Iterator[bytes]:
        for size in itertools.cycle(self._sizes):
            if offset >= len(self.content):
                return
            yield self.content[offset : offset + size]
            offset += size


def csv_layout(**options: object) -> Layout:
    """Return a layout of CSV with the columns e and n."""
    given: dict[str, object] = {"mapping": {"e": "email", "n": "name"}, "format": "csv", "target": "users", **options}
    return Layout(**given)  # type: ignore[arg-type]


def ndjson_layout(**options: object) -> Layout:
    return csv_layout(**{"format": "ndjson", **options})


def read(content: bytes, layout: Layout, *, sizes: Sequence[int] = (65_536,)) -> list[Accepted | Reject]:
    """Read a file from beginning to end."""
    return list(Rows(FakeFile(content, sizes=sizes), layout))


def read_resuming(content: bytes, layout: Layout, *, sizes: Sequence[int], after: Sequence[int]) -> list[object]:
    """Read a file with a new reader after each of these numbers of rows, from a checkpoint that went through JSON."""
    file = FakeFile(content, sizes=sizes)
    rows = Rows(file, layout)
    found: list[object] = []
    for count in itertools.chain(after, [None]):
        found += list(itertools.islice(rows, count)) if count is not None else list(rows)
        rows = Rows(file, layout, Checkpoint.from_json(rows.checkpoint.to_json()))
    return found


def read_step_by_step(content: bytes, layout: Layout, *, sizes: Sequence[int]) -> list[Accepted | Reject]:
    """Read a file with a new reader after each step, from a checkpoint that went through JSON."""
    file = FakeFile(content, sizes=sizes)
    rows = Rows(file, layout)
    found: list[Accepted | Reject] = []
    while rows.offset < len(content):
        rows = Rows(file, layout, Checkpoint.from_json(rows.checkpoint.to_json()))
        found += [step for step in itertools.islice(rows.steps(), 1) if step is not None]
    return found


def chunked(content: bytes, layout: Layout) -> list[tuple[int, bool]]:
    """Return the number of records of each chunk, and if it is the last one."""
    return [(chunk.records, chunk.is_last) for chunk in chunks(Rows(FakeFile(content), layout))]
