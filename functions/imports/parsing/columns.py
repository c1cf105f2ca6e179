"""Which column of a file becomes which field of the target, and what a header must therefore have."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from functions.imports.parsing.encodings import is_text
from functions.imports.parsing.reasons import FileRefused, Reason, Refusal

type Row = dict[str, str]


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a CSV file.

    Attributes:
        width: How many fields each record has.
        fields: For each field of the target that is taken, the place of its column.
    """

    width: int
    fields: Mapping[str, int]

    @classmethod
    def of_header(cls, header: Sequence[str], *, mapping: Mapping[str, str] | None, known: frozenset[str]) -> "Columns":
        """Find the mapped columns in a header.

        Args:
            header: The names of the columns; spaces around them do not count.
            mapping: Column to field. With one, columns that it does not name are left out; without one, each column
                must be named as a field.
            known: The fields of the target.

        Raises:
            FileRefused: A column is missing, stands there twice, or is not known.
        """
        names = [name.strip() for name in header]
        if mapping is None:
            # The first name that is not known may be a person's, where the header is missing: it is not repeated.
            if not known.issuperset(names):
                raise FileRefused(Refusal.UNKNOWN_COLUMN)
            mapping = {name: name for name in names}
        for column in mapping:
            if column not in names:
                raise FileRefused(Refusal.MISSING_COLUMN, column=column)
            if names.count(column) > 1:
                raise FileRefused(Refusal.DUPLICATE_COLUMN, column=column)
        return cls(len(names), {field: names.index(column) for column, field in mapping.items()})

    @classmethod
    def numbered(cls, width: int, *, mapping: Mapping[str, str]) -> "Columns":
        """Take columns by their numbers, from 1, in a file of so many columns without a header.

        Raises:
            FileRefused: There are fewer columns.
        """
        for column in mapping:
            if int(column) > width:
                raise FileRefused(Refusal.MISSING_COLUMN, column=column)
        return cls(width, {field: int(column) - 1 for column, field in mapping.items()})

    def row(self, record: Sequence[str]) -> Row | Reason:
        """Return the fields of a record that the target takes; empty ones are left out."""
        if len(record) != self.width:
            return Reason.TOO_FEW_FIELDS if len(record) < self.width else Reason.TOO_MANY_FIELDS
        return {field: value for field, place in self.fields.items() if (value := record[place])}


def row_of_object(
    record: Mapping[str, Any], *, mapping: Mapping[str, str] | None, known: frozenset[str]
) -> tuple[Row, None] | tuple[str | None, Reason]:
    """Return the fields of a JSON object that the target takes, or the field that is none and why.

    A member that is null is left out. Without a mapping, each member must be named as a field.
    """
    if mapping is None and not known.issuperset(record):
        return None, Reason.UNKNOWN_MEMBER
    row: Row = {}
    for member, field in (mapping or {name: name for name in record}).items():
        value = record.get(member)
        if value is None:
            continue
        if not isinstance(value, str):
            return field, Reason.NOT_A_TEXT
        if not is_text(value):
            return field, Reason.INVALID_ENCODING
        if "\0" in value:
            return field, Reason.NUL_CHARACTER
        row[field] = value
    return row, None
