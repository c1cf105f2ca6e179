"""The rows of a file, read from its beginning or from the checkpoint of an earlier reader."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any, Protocol, Self

from functions.imports.fields import FIELDS
from functions.imports.parsing.columns import Columns, RowValues, row_of_object
from functions.imports.parsing.csv_records import CsvRecord, csv_records
from functions.imports.parsing.encodings import HEAD_BYTES, Encoding, UnknownEncoding, encoding_of
from functions.imports.parsing.layout import Layout
from functions.imports.parsing.lines import Lines, Position
from functions.imports.parsing.ndjson_records import ndjson_records
from functions.imports.parsing.reasons import FileRefused, Reason, Refusal

# The header, or the first record of a file without one, must end within this many bytes: until it is found, there is no
# checkpoint from which another reader could continue.
BEGINS_WITHIN_BYTES = 1024 * 1024


class File(Protocol):
    """The bytes of one version of a file."""

    def blocks(self, offset: int) -> Iterator[bytes]:
        """Read the bytes from an offset to the end, in blocks of any size.

        Raises:
            FileRefused: The file no longer exists.
        """


@dataclass(frozen=True, slots=True)
class Accepted:
    """A row for the target; `line` is the first line of its record."""

    line: int
    row: RowValues


@dataclass(frozen=True, slots=True)
class Reject:
    """A record that is rejected, with the reason and, if known, the field."""

    line: int
    field: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The state from which another reader can continue."""

    position: Position
    encoding: Encoding
    columns: Columns | None

    def to_json(self) -> dict[str, Any]:
        """Return the checkpoint as JSON values."""
        columns = self.columns and {"width": self.columns.width, "fields": dict(self.columns.fields)}
        position = {"offset": self.position.offset, "line": self.position.line, "is_within": self.position.is_within}
        return {**position, "encoding": self.encoding.name, "columns": columns}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """Return the checkpoint that `to_json` returned."""
        columns = values["columns"]
        return cls(
            Position(int(values["offset"]), int(values["line"]), values["is_within"]),
            Encoding(values["encoding"]),
            columns and Columns(int(columns["width"]), {name: int(at) for name, at in columns["fields"].items()}),
        )


class Rows:
    """A reader of the rows of a file; `checkpoint` is the beginning of the next row.

    Raises:
        FileRefused: Any method: the file cannot be imported with this layout.
    """

    def __init__(self, file: File, layout: Layout, checkpoint: Checkpoint | None = None) -> None:
        self._layout = layout
        if checkpoint is None:
            self._encoding, self._lines = _opened(file, layout)
            self._columns = None
            if layout.format == "csv":
                self._columns = _columns(self._lines, layout)
                if not layout.has_header:
                    # The first record was read only to count the columns; it is a row, too.
                    self._encoding, self._lines = _opened(file, layout)
        else:
            self._encoding, self._columns = checkpoint.encoding, checkpoint.columns
            blocks = file.blocks(checkpoint.position.offset)
            self._lines = Lines(blocks, encoding=checkpoint.encoding, start=checkpoint.position)

    @property
    def checkpoint(self) -> Checkpoint:
        """The beginning of the next row."""
        return Checkpoint(self._lines.position, self._encoding, self._columns)

    @property
    def offset(self) -> int:
        """The number of bytes before the checkpoint."""
        return self._lines.offset

    def __iter__(self) -> Iterator[Accepted | Reject]:
        return (one for one in self.steps() if one is not None)

    def steps(self) -> Iterator[Accepted | Reject | None]:
        """Read the rows, and yield None for each empty line and each further piece of a line that is too long.

        There can be millions of these between two rows, and reading can be resumed after each.
        """
        return self._of_csv(self._columns) if self._columns else self._of_ndjson()

    def _of_csv(self, columns: Columns) -> Iterator[Accepted | Reject | None]:
        for line, record in csv_records(self._lines, delimiter=self._layout.delimiter):
            if record is None:
                yield None
                continue
            row = record if isinstance(record, Reason) else columns.row(record)
            yield Reject(line, None, row) if isinstance(row, Reason) else Accepted(line, row)

    def _of_ndjson(self) -> Iterator[Accepted | Reject | None]:
        known = FIELDS[self._layout.target]
        for line, record in ndjson_records(self._lines):
            if not isinstance(record, dict):
                yield None if record is None else Reject(line, None, record)
                continue
            row, reason = row_of_object(record, mapping=self._layout.mapping, known=known)
            yield Accepted(line, row) if isinstance(row, dict) else Reject(line, row, str(reason))


def _opened(file: File, layout: Layout) -> tuple[Encoding, Lines]:
    blocks = file.blocks(0)
    first = b""
    for block in blocks:
        first += block
        if len(first) >= HEAD_BYTES:
            break
    if not first:
        raise FileRefused(Refusal.FILE_EMPTY)
    try:
        encoding, mark_bytes = encoding_of(first, named=layout.encoding)
    except UnknownEncoding as error:
        raise FileRefused(Refusal.UNKNOWN_ENCODING) from error
    unmarked = chain([first[mark_bytes:]], blocks)
    return encoding, Lines(unmarked, encoding=encoding, start=Position(mark_bytes, 1))


def _columns(lines: Lines, layout: Layout) -> Columns:
    first = _first_record(lines, layout)
    if isinstance(first, Reason):
        raise FileRefused(Refusal.MALFORMED_HEADER)
    if layout.has_header:
        return Columns.of_header(first, mapping=layout.mapping, known=FIELDS[layout.target])
    return Columns.numbered(len(first), mapping=layout.mapping or {})


def _first_record(lines: Lines, layout: Layout) -> CsvRecord:
    for _, record in csv_records(lines, delimiter=layout.delimiter):
        if record is not None:
            return record
        if lines.offset > BEGINS_WITHIN_BYTES:
            raise FileRefused(Refusal.MALFORMED_HEADER)
    raise FileRefused(Refusal.FILE_EMPTY)
