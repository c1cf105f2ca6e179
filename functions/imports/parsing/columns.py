"""The mapping from the columns of a file to the fields of the target, and the checks of a header."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from functions.imports.parsing.encodings import is_text
from functions.imports.parsing.reasons import FileRefused, Reason, Refusal

# Field of the target to value.
type RowValues = dict[str, str]


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a CSV file.

    Attributes:
        width: The number of fields that each record must have.
        fields: Each mapped field of the target, with the index of its column.
    """

    width: int
    fields: Mapping[str, int]

    @classmethod
    def of_header(cls, header: Sequence[str], *, mapping: Mapping[str, str] | None, known: frozenset[str]) -> "Columns":
        """Find the mapped columns in a header.

        Args:
            header: The names of the columns; surrounding spaces are ignored.
            mapping: Column to field; unmapped columns are left out. Without a mapping, each column must have the name
                of a field.
            known: The fields of the target.

        Raises:
            FileRefused: A column is missing, duplicate or unknown.
        """
        names = [name.strip() for name in header]
        if mapping is None:
            # If the header is missing, the unknown name may be personal data: the error does not repeat it.
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
        """Map columns by their numbers, from 1, in a file of `width` columns without a header.

        Raises:
            FileRefused: The file has fewer columns than the mapping needs.
        """
        for column in mapping:
            if int(column) > width:
                raise FileRefused(Refusal.MISSING_COLUMN, column=column)
        return cls(width, {field: int(column) - 1 for column, field in mapping.items()})

    def row(self, record: Sequence[str]) -> RowValues | Reason:
        """Return the mapped fields of a record, without empty values; or the reason to reject the record."""
        if len(record) != self.width:
            return Reason.TOO_FEW_FIELDS if len(record) < self.width else Reason.TOO_MANY_FIELDS
        return {field: value for field, place in self.fields.items() if (value := record[place])}


def row_of_object(
    record: Mapping[str, Any], *, mapping: Mapping[str, str] | None, known: frozenset[str]
) -> tuple[RowValues, None] | tuple[str | None, Reason]:
    """Return the mapped fields of a JSON object; or the invalid field, if it is known, and the reason.

    Members with the value null are left out. Without a mapping, each member must have the name of a field.
    """
    if mapping is None and not known.issuperset(record):
        return None, Reason.UNKNOWN_MEMBER
    row: RowValues = {}
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
