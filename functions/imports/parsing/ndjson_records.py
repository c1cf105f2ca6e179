"""The records of an NDJSON file, with a JSON object on each line."""

import json
from collections.abc import Iterator
from typing import Any, NoReturn

from functions.imports.parsing.encodings import is_text
from functions.imports.parsing.lines import AROUND_LINES, Lines
from functions.imports.parsing.reasons import Reason
from functions.shared.text import INVISIBLE

type NdjsonRecord = dict[str, Any] | Reason

_AROUND = AROUND_LINES + INVISIBLE


def ndjson_records(lines: Lines) -> Iterator[tuple[int, NdjsonRecord | None]]:
    """Read records, or the reason to reject one; yield None in the same cases as `csv_records`."""
    while True:
        number = lines.position.line
        line = lines.take()
        if line is None:
            return
        if line.text is None:
            yield number, Reason.LINE_TOO_LONG if line.begins else None
        else:
            yield number, record_of(line.text)


def first_text(lines: Lines, *, within_bytes: int) -> str | None:
    """Return the first line with a text, without taking it; None if it is too long, or not within these bytes."""
    while (line := lines.take()) is not None and lines.offset <= within_bytes:
        if line.text is None or line.text.strip(_AROUND):
            lines.give_back([line])
            return line.text
    if line is not None:
        lines.give_back([line])
    return None


def record_of(text: str) -> NdjsonRecord | None:
    """Return the record of a line, or the reason to reject it; None if the line holds nothing."""
    text = text.strip(_AROUND)
    return _object(text) if text else None


def _object(text: str) -> NdjsonRecord:
    if not is_text(text):
        return Reason.INVALID_ENCODING
    try:
        value = json.loads(text, parse_constant=_reject)
    except (ValueError, RecursionError):
        return Reason.MALFORMED_JSON
    return value if isinstance(value, dict) else Reason.NOT_AN_OBJECT


def _reject(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")
