"""The reasons to reject a record or to refuse a file. Clients may switch on these codes, so they never change."""

from enum import StrEnum


class Reason(StrEnum):
    """A reason to reject one record."""

    LINE_TOO_LONG = "line_too_long"
    RECORD_TOO_LONG = "record_too_long"
    UNTERMINATED_QUOTE = "unterminated_quote"
    MALFORMED_QUOTES = "malformed_quotes"
    NUL_CHARACTER = "nul_character"
    INVALID_ENCODING = "invalid_encoding"
    MALFORMED_JSON = "malformed_json"
    NOT_AN_OBJECT = "not_an_object"
    UNKNOWN_MEMBER = "unknown_member"
    NOT_A_TEXT = "not_a_text"
    TOO_FEW_FIELDS = "too_few_fields"
    TOO_MANY_FIELDS = "too_many_fields"


class Refusal(StrEnum):
    """A reason to refuse a file, or the rest of it."""

    FILE_EMPTY = "file_empty"
    FILE_GONE = "file_gone"
    UNKNOWN_ENCODING = "unknown_encoding"
    # Also: the file does not begin with an object on a line, as NDJSON does.
    MALFORMED_HEADER = "malformed_header"
    DUPLICATE_COLUMN = "duplicate_column"
    MISSING_COLUMN = "missing_column"
    # Also: the first object has an unknown member.
    UNKNOWN_COLUMN = "unknown_column"


class FileRefused(Exception):
    """The file cannot be imported with this layout.

    Attributes:
        column: The column that caused the refusal, if any; a name from the mapping, never a value from the file.
        number: The number of the column or member in the file that caused the refusal, from 1.
        detail: What is wrong and what to do, for people; without values from the file.
    """

    def __init__(self, refusal: Refusal, detail: str, *, column: str | None = None, number: int | None = None) -> None:
        super().__init__(f"{refusal}: {detail}")
        self.refusal = refusal
        self.detail = detail
        self.column = column
        self.number = number
