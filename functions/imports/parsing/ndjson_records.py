"""The records of an NDJSON file, with a JSON object on each line."""

import json
from collections.abc import Iterator
from typing import Any, NoReturn

from functions.imports.parsing.encodings import is_text
from functions.imports.parsing.lines import Lines
from functions.imports.parsing.reasons import Reason

type NdjsonRecord = dict[str, Any] | Reason


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
            text = line.text.strip(" \t\r\n")
            yield number, _object(text) if text else None


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
