"""The records of a CSV file (RFC 4180), as the `csv` module reads them, each with the number of its first line.

A fault costs only its own line: after a quote that is never closed, reading continues with the next line, not at the
end of the file.
"""

import csv
import re
from collections.abc import Iterator, Sequence

from functions.imports.parsing.encodings import is_text
from functions.imports.parsing.lines import AROUND_LINES, END_OF_FILE, LINE_CHARACTERS, Line, Lines
from functions.imports.parsing.reasons import Reason
from functions.shared.text import INVISIBLE

type CsvRecord = list[str] | Reason

# Excel's own line for the delimiter; saved again, it ends with more delimiters.
_NAMES_DELIMITER = re.compile(r'"?sep=([^"\r\n\0 ])\1*"?', re.IGNORECASE)


def named_delimiter(lines: Lines) -> str | None:
    """Return the delimiter that the first line names as `sep=;`, and take this line; None if it is another line."""
    first = lines.take()
    if first is None:
        return None
    found = _NAMES_DELIMITER.fullmatch(first.text.strip(AROUND_LINES)) if first.text else None
    if found is None:
        lines.give_back([first])
    return found and found[1]


def csv_records(lines: Lines, *, delimiter: str) -> Iterator[tuple[int, CsvRecord | None]]:
    """Read records, or the reason to reject one; after each, the position of `lines` is the next record.

    Yields None for a record that holds nothing and for each further piece of a line that is too long: they may be most
    of a file, and the caller must be able to stop.
    """
    holds_nothing = INVISIBLE + AROUND_LINES + delimiter
    while True:
        number = lines.position.line
        first = lines.take()
        if first is None:
            return
        if first.text is None:
            yield number, Reason.LINE_TOO_LONG if first.begins else None
        elif '"' in first.text:
            yield number, _quoted(first, lines, delimiter)
        elif first.text.strip(holds_nothing):
            bare = first.text.strip(AROUND_LINES)
            yield number, _fault(bare) or bare.split(delimiter)
        else:
            yield number, None


def _quoted(first: Line, lines: Lines, delimiter: str) -> CsvRecord | None:
    """Read a record that may span several lines; if it is invalid, give back all lines but the first."""
    record = _RecordLines(first, lines)
    try:
        fields: list[str] = next(csv.reader(record, delimiter=delimiter, strict=True, skipinitialspace=True))
    except _TooLong:
        reason = Reason.RECORD_TOO_LONG
    except csv.Error:
        reason = Reason.UNTERMINATED_QUOTE if record.ended else Reason.MALFORMED_QUOTES
    else:
        text = "".join(fields)
        if not text.strip(INVISIBLE):
            return None
        if '"' in text and _has_late_quote(fields):
            return Reason.MALFORMED_QUOTES
        return _fault(text) or fields
    lines.give_back(record.taken[1:])
    return reason


def _has_late_quote(fields: Sequence[str]) -> bool:
    """Return whether an invisible character, which `skipinitialspace` does not skip, hid the quote of a field."""
    return any(field[:1] not in {'"', " "} and field.lstrip(INVISIBLE).startswith('"') for field in fields)


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
        before = AROUND_LINES if not self.taken else ""
        self.taken.append(line)
        if line.text is None:
            raise _TooLong
        self._characters += len(line.text)
        if self._characters > LINE_CHARACTERS:
            raise _TooLong
        return line.text.lstrip(before).rstrip(END_OF_FILE)


def _fault(text: str) -> Reason | None:
    if "\0" in text:
        return Reason.NUL_CHARACTER
    return None if is_text(text) else Reason.INVALID_ENCODING
