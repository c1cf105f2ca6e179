"""The reason why a field is invalid, in the words of JSON; Pydantic's own texts speak of Python's types."""

import re
from collections.abc import Mapping
from typing import Any

_TEXT, _INTEGER, _NUMBER, _BOOLEAN = (
    "Expected a string",
    "Expected an integer",
    "Expected a number",
    "Expected a boolean",
)
_OBJECT, _ARRAY, _DATE = "Expected an object", "Expected an array", "Expected a date in the form YYYY-MM-DD"
_TIME, _MOMENT = "Expected a time of day (RFC 3339)", "Expected a date with a time (RFC 3339)"
_DURATION, _URL, _UUID = "Expected a duration (ISO 8601)", "Expected a URL", "Expected a UUID"

# By Pydantic's type of the error, with names of its context in braces. JSON cannot cause the types that are not here:
# https://docs.pydantic.dev/latest/errors/validation_errors/
TEXTS: Mapping[str, str] = {
    "missing": "This field is required",
    "extra_forbidden": "This field is not known",
    "invalid_key": "Expected strings as the names of members",
    "json_invalid": "Expected well-formed JSON: {error}",
    "json_type": _TEXT,
    "value_error": "{error}",
    "assertion_error": "{error}",
    **dict.fromkeys(
        (
            *("model_type", "model_attributes_type", "dataclass_type", "dict_type", "mapping_type"),
            *("frozen_dict_type", "ordered_dict_type", "counter_type"),
        ),
        _OBJECT,
    ),
    **dict.fromkeys(
        ("list_type", "tuple_type", "set_type", "frozen_set_type", "deque_type", "iterable_type"),
        _ARRAY,
    ),
    "set_item_not_hashable": "Expected neither arrays nor objects in the array",
    "named_tuple_type": "Expected an array or an object",
    "none_required": "Expected null",
    "enum": "Expected {expected}",
    "literal_error": "Expected {expected}",
    "union_tag_invalid": "Expected {expected_tags} in {discriminator}",
    "union_tag_not_found": "Expected a member {discriminator}",
    "too_short": "Expected {min_length} or more entries",
    "too_long": "Expected {max_length} or fewer entries",
    **dict.fromkeys(("string_type", "string_unicode", "bytes_type"), _TEXT),
    "string_too_short": "Expected {min_length} or more characters",
    "string_too_long": "Expected {max_length} or fewer characters",
    "string_pattern_mismatch": "Expected a string that matches {pattern}",
    "string_not_ascii": "Expected only ASCII characters",
    "bytes_too_short": "Expected {min_length} or more bytes",
    "bytes_too_long": "Expected {max_length} or fewer bytes",
    "bytes_invalid_encoding": "Expected {encoding}",
    **dict.fromkeys(("bool_type", "bool_parsing"), _BOOLEAN),
    **dict.fromkeys(("int_type", "int_parsing", "int_from_float"), _INTEGER),
    "int_parsing_size": "Expected an integer with fewer digits",
    **dict.fromkeys(("float_type", "float_parsing", "decimal_type", "decimal_parsing"), _NUMBER),
    **dict.fromkeys(("fraction_type", "fraction_parsing", "complex_type", "complex_str_parsing"), _NUMBER),
    "finite_number": "Expected a finite number",
    "greater_than": "Expected more than {gt}",
    "greater_than_equal": "Expected {ge} or more",
    "less_than": "Expected less than {lt}",
    "less_than_equal": "Expected {le} or less",
    "multiple_of": "Expected a multiple of {multiple_of}",
    "decimal_max_digits": "Expected {max_digits} or fewer digits",
    "decimal_max_places": "Expected {decimal_places} or fewer digits after the decimal point",
    "decimal_whole_digits": "Expected {whole_digits} or fewer digits before the decimal point",
    **dict.fromkeys(("date_type", "date_parsing", "date_from_datetime_parsing", "date_from_datetime_inexact"), _DATE),
    "date_past": "Expected a date in the past",
    "date_future": "Expected a date in the future",
    **dict.fromkeys(("time_type", "time_parsing"), _TIME),
    **dict.fromkeys(
        ("datetime_type", "datetime_parsing", "datetime_object_invalid", "datetime_from_date_parsing"), _MOMENT
    ),
    "datetime_past": "Expected a time in the past",
    "datetime_future": "Expected a time in the future",
    "timezone_naive": "Expected a time without an offset from UTC",
    "timezone_aware": "Expected a time with its offset from UTC",
    "timezone_offset": "Expected a time with an offset of {tz_expected} seconds from UTC",
    **dict.fromkeys(("time_delta_type", "time_delta_parsing"), _DURATION),
    **dict.fromkeys(("url_type", "url_parsing", "url_syntax_violation"), _URL),
    "url_too_long": "Expected a URL of {max_length} or fewer characters",
    "url_scheme": "Expected a URL with the scheme {expected_schemes}",
    **dict.fromkeys(("uuid_type", "uuid_parsing"), _UUID),
    "uuid_version": "Expected a UUID of version {expected_version}",
    **dict.fromkeys(("recursion_loop", "recursion_depth_exceeded"), "Expected fewer levels"),
}
# Pydantic writes these parts of its texts as Python does: `'csv' or None`.
_IN_PYTHON = {"expected", "expected_tags", "expected_schemes", "discriminator"}
_LITERAL = re.compile(r"'([^']*)'|\b(True|False|None)\b")
_WORDS = {"True": "true", "False": "false", "None": "null"}


def text_of(error: Mapping[str, Any]) -> str:
    """Return the reason for an error of Pydantic; an error that a service raises itself has its own text."""
    kind: str = error["type"]
    if kind not in TEXTS:
        return str(error["msg"])
    return TEXTS[kind].format_map({name: _in_json(name, value) for name, value in error.get("ctx", {}).items()})


def _in_json(name: str, value: object) -> str:
    if name not in _IN_PYTHON:
        return str(value)
    return _LITERAL.sub(lambda found: _WORDS.get(found[2], f'"{found[1]}"'), str(value))
