"""The records of a CSV file (RFC 4180), as the `csv` module reads them, each with the number of its first line.

A fault costs only its own line: after a quote that is never closed, reading continues with the next line, not at the
end of the file.
"""

import csv
from collections.abc import Iterator

from functions.imports.parsing.encodings import is_text
from functions.imports.parsing.lines import LINE_CHARACTERS, Line, Lines
from functions.imports.parsing.reasons import Reason

type CsvRecord = list[str] | Reason


def csv_records(lines: Lines, *, delimiter: str) -> Iterator[tuple[int, CsvRecord | None]]:
    """Read records, or the reason to reject one; after each, the position of `lines` is the next record.

    Yields None for an empty line and for each further piece of a line that is too long: they may be most of a file, and
    the caller must be able to stop.
    """
    while True:
        number = lines.position.line
        first = lines.take()
        if first is None:
            return
        if first.text is None:
            yield number, Reason.LINE_TOO_LONG if first.begins else None
        elif '"' in first.text:
            yield number, _quoted(first, lines, delimiter)
        else:
            bare = first.text.rstrip("\r\n")
            yield number, (_fault(bare) or bare.split(delimiter)) if bare else None


def _quoted(first: Line, lines: Lines, delimiter: str) -> CsvRecord:
    """Read a record that may span several lines; if it is invalid, give back all lines but the first."""
    record = _RecordLines(first, lines)
    try:
        fields: list[str] = next(csv.reader(record, delimiter=delimiter, strict=True))
    except _TooLong:
        reason = Reason.RECORD_TOO_LONG
    except csv.Error:
        reason = Reason.UNTERMINATED_QUOTE if record.ended else Reason.MALFORMED_QUOTES
    else:
        return _fault("".join(fields)) or fields
    lines.give_back(record.taken[1:])
    return reason


class _TooLong(Exception):
    """The record has more than `LINE_CHARACTERS`."""


class _RecordLines:
    """The lines of one record for the `csv` module; remembers the lines that were taken."""

    def __init__(self, first: Line, lines: Lines) -> None:
        self.taken: list[Line] = []
        self.ended = False
        self._first = first
        self._lines = lines
        self._characters = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._lines.take() if self.taken else self._first
        if line is None:
            self.ended = True
            raise StopIteration
        self.taken.append(line)
        if line.text is None:
            raise _TooLong
        self._characters += len(line.text)
        if self._characters > LINE_CHARACTERS:
            raise _TooLong
        return line.text


def _fault(text: str) -> Reason | None:
    if "\0" in text:
        return Reason.NUL_CHARACTER
    return None if is_text(text) else Reason.INVALID_ENCODING
