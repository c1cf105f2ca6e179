"""The rows of a file, read from its beginning or from the checkpoint of an earlier reader."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from itertools import chain
from typing import Any, Protocol, Self

from functions.imports.fields import TARGETS
from functions.imports.parsing.advice import ENCODINGS, NOT_NDJSON, known_fields
from functions.imports.parsing.columns import Columns, RowValues, is_blank, row_of_object, unknown_member
from functions.imports.parsing.csv_records import CsvRecord, csv_records, named_delimiter
from functions.imports.parsing.encodings import HEAD_BYTES, Encoding, UnknownEncoding, encoding_of
from functions.imports.parsing.layout import Layout
from functions.imports.parsing.lines import Lines, Position
from functions.imports.parsing.ndjson_records import first_text, ndjson_records, record_of
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
        columns = self.columns and {**asdict(self.columns), "fields": dict(self.columns.fields)}
        position = {"offset": self.position.offset, "line": self.position.line, "is_within": self.position.is_within}
        return {**position, "encoding": self.encoding.name, "columns": columns}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """Return the checkpoint that `to_json` returned."""
        columns = values["columns"]
        return cls(
            Position(int(values["offset"]), int(values["line"]), values["is_within"]),
            Encoding(values["encoding"]),
            columns and _columns_of(columns),
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
                    named_delimiter(self._lines)
            else:
                _check_first_object(self._lines, layout)
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
        """Read the rows; yield None for each record that holds nothing and each further piece of a line too long.

        There can be millions of these between two rows, and reading can be resumed after each.
        """
        return self._of_csv(self._columns) if self._columns else self._of_ndjson()

    def _of_csv(self, columns: Columns) -> Iterator[Accepted | Reject | None]:
        for line, record in csv_records(self._lines, delimiter=columns.delimiter or self._layout.delimiter):
            if record is None:
                yield None
                continue
            row = record if isinstance(record, Reason) else columns.row(record)
            yield Reject(line, None, row) if isinstance(row, Reason) else Accepted(line, row)

    def _of_ndjson(self) -> Iterator[Accepted | Reject | None]:
        target = TARGETS[self._layout.target]
        for line, record in ndjson_records(self._lines):
            if not isinstance(record, dict):
                yield None if record is None else Reject(line, None, record)
                continue
            row, reason = row_of_object(record, mapping=self._layout.mapping, target=target)
            if not isinstance(row, dict):
                yield Reject(line, row, str(reason))
            elif "".join(row.values()).strip() or not all(map(is_blank, record.values())):
                yield Accepted(line, row)
            else:
                yield None


def _opened(file: File, layout: Layout) -> tuple[Encoding, Lines]:
    blocks = file.blocks(0)
    first = b""
    for block in blocks:
        first += block
        if len(first) >= HEAD_BYTES:
            break
    if not first:
        raise FileRefused(Refusal.FILE_EMPTY, "The file has no bytes.")
    try:
        encoding, mark_bytes = encoding_of(first, named=layout.encoding)
    except UnknownEncoding as error:
        detail = (
            "The file begins like UTF-32, which is not read, or like UTF-16 without a byte order mark: save it as "
            "UTF-8, or name the encoding utf-16-le or utf-16-be."
        )
        raise FileRefused(Refusal.UNKNOWN_ENCODING, detail) from error
    unmarked = chain([first[mark_bytes:]], blocks)
    return encoding, Lines(unmarked, encoding=encoding, start=Position(mark_bytes, 1))


def _columns(lines: Lines, layout: Layout) -> Columns:
    named = named_delimiter(lines)
    delimiter = named or layout.delimiter
    first = _first_record(lines, delimiter)
    if first is Reason.INVALID_ENCODING:
        raise FileRefused(Refusal.UNKNOWN_ENCODING, f"The header is not in the encoding of the request. {ENCODINGS}")
    if isinstance(first, Reason):
        raise FileRefused(Refusal.MALFORMED_HEADER, f"The first record cannot be read: {first}.")
    if layout.has_header:
        target = TARGETS[layout.target]
        columns = Columns.of_header(first, mapping=layout.mapping, target=target, delimiter=delimiter)
    else:
        columns = Columns.numbered(first, mapping=layout.mapping or {})
    return replace(columns, delimiter=named)


def _first_record(lines: Lines, delimiter: str) -> CsvRecord:
    for _, record in csv_records(lines, delimiter=delimiter):
        if record is not None:
            return record
        if lines.offset > BEGINS_WITHIN_BYTES:
            raise FileRefused(Refusal.MALFORMED_HEADER, f"The first {BEGINS_WITHIN_BYTES:,} bytes hold nothing.")
    raise FileRefused(Refusal.FILE_EMPTY, "The file holds nothing.")


def _check_first_object(lines: Lines, layout: Layout) -> None:
    """Refuse a file that is no NDJSON, or that has an unknown member from the beginning: every row would be rejected.

    A first object that cannot be read costs only itself, like every other.
    """
    text = (first_text(lines, within_bytes=BEGINS_WITHIN_BYTES) or "{}").strip()
    record = record_of(text)
    if record is Reason.NOT_AN_OBJECT or (record is Reason.MALFORMED_JSON and (text == "{" or text[0] != "{")):
        raise FileRefused(Refusal.MALFORMED_HEADER, NOT_NDJSON)
    if isinstance(record, dict) and layout.mapping is None:
        target = TARGETS[layout.target]
        number = unknown_member(record, target)
        if number is not None:
            detail = f"Member {number} of the first object is unknown. {known_fields(target)}"
            raise FileRefused(Refusal.UNKNOWN_COLUMN, detail, number=number)


def _columns_of(values: Mapping[str, Any]) -> Columns:
    """Return the columns of a checkpoint; those of an older release lack some values."""
    width, fields = int(values["width"]), {name: int(at) for name, at in values["fields"].items()}
    return Columns(width, int(values.get("least", width)), fields, values.get("delimiter"))
