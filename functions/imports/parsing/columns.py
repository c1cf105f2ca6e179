"""The mapping from the columns of a file to the fields of the target, and the checks of a header."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from unicodedata import normalize

from functions.imports.fields import Target
from functions.imports.parsing.advice import header_mistake, known_fields
from functions.imports.parsing.encodings import is_text
from functions.imports.parsing.reasons import FileRefused, Reason, Refusal
from functions.shared.text import INVISIBLE

# Field of the target to value.
type RowValues = dict[str, str]

# Longer names match no column of a mapping, and should not fill the cache.
_NAME_CHARACTERS = 200
_INVISIBLE = dict.fromkeys(map(ord, INVISIBLE))
_AS_SPACES = _INVISIBLE | {ord(space): " " for space in INVISIBLE if space.isspace()}


@lru_cache(maxsize=256)
def column_key(name: str) -> str:
    """Return the form in which names of columns are compared: without case, width, composition and invisible marks."""
    if len(name) > _NAME_CHARACTERS:
        return name
    folded = normalize("NFKC", normalize("NFKC", name.translate(_AS_SPACES)).casefold())
    return " ".join(folded.split())


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a CSV file.

    Attributes:
        width: The number of columns; more fields of a record must be blank.
        least: The number of fields that each record must have; columns without a name at the end may lack.
        fields: Each mapped field of the target, with the index of its column.
        delimiter: The delimiter that the first line of the file names; None for that of the layout.
    """

    width: int
    least: int
    fields: Mapping[str, int]
    delimiter: str | None = None

    @classmethod
    def of_header(
        cls, header: Sequence[str], *, mapping: Mapping[str, str] | None, target: Target, delimiter: str
    ) -> "Columns":
        """Find the mapped columns in a header.

        Args:
            header: The names of the columns. If none is exactly that of the mapping, case, kinds of spaces and
                composition do not matter.
            mapping: Column to field; unmapped columns are left out. Without a mapping, each column must have the name
                of a field, one that the platform assigns, or none.
            target: The target and its fields.
            delimiter: The delimiter by which the header was split, for messages.

        Raises:
            FileRefused: A column is missing, duplicate or unknown.
        """
        names = [name.strip(INVISIBLE) for name in header]
        keys = [column_key(name) for name in names]
        mistake = header_mistake(names, delimiter=delimiter)
        if mapping is None:
            for number, key in enumerate(keys, start=1):
                if key and key not in target.known:
                    # If the header is missing, the unknown name may be personal data: the error does not repeat it.
                    detail = f"Column {number} of {len(keys)} is unknown. {known_fields(target)}"
                    raise FileRefused(Refusal.UNKNOWN_COLUMN, f"{detail} {mistake}".rstrip(), number=number)
            mapping = {field: field for field in target.fields if field in keys or field in target.required}
            names = keys
        found = {column: _places(column, names, keys) for column in mapping}
        for column, places in found.items():
            if not places:
                detail = f"None of the {len(names)} columns has this name. {mistake}".rstrip()
                raise FileRefused(Refusal.MISSING_COLUMN, detail, column=column)
            if len(places) > 1:
                numbers = ", ".join(str(place + 1) for place in places)
                detail = f"The columns {numbers} have this name."
                raise FileRefused(Refusal.DUPLICATE_COLUMN, detail, column=column, number=places[1] + 1)
        least = max(number for number, key in enumerate(keys, start=1) if key)
        return cls(len(names), least, {mapping[column]: place for column, [place] in found.items()})

    @classmethod
    def numbered(cls, first: Sequence[str], *, mapping: Mapping[str, str]) -> "Columns":
        """Map columns by their numbers, from 1, in a file without a header that begins with this record.

        Raises:
            FileRefused: The record has fewer columns than the mapping needs.
        """
        fields = {field: int(column) - 1 for column, field in mapping.items()}
        for column in mapping:
            if int(column) > len(first):
                detail = f"The first record has {len(first)} columns."
                raise FileRefused(Refusal.MISSING_COLUMN, detail, column=column)
        filled = [place for place, value in enumerate(first) if not is_blank(value)]
        return cls(len(first), max([*filled, *fields.values()]) + 1, fields)

    def row(self, record: Sequence[str]) -> RowValues | Reason:
        """Return the mapped fields of a record, without blank values; or the reason to reject the record."""
        if len(record) != self.width:
            if len(record) < self.least:
                return Reason.TOO_FEW_FIELDS
            if not all(map(is_blank, record[self.width :])):
                return Reason.TOO_MANY_FIELDS
        return {field: value for field, place in self.fields.items() if (value := record[place]).strip()}


def is_blank(value: object) -> bool:
    """Return whether a value is null or a text that shows nothing."""
    return value is None or (isinstance(value, str) and not value.strip(INVISIBLE))


def unknown_member(record: Mapping[str, Any], target: Target) -> int | None:
    """Return the number, from 1, of the first member of an object that is no field of the target and not assigned."""
    if target.known.issuperset(record):
        return None
    return next((number for number, name in enumerate(record, start=1) if column_key(name) not in target.known), None)


def row_of_object(
    record: Mapping[str, Any], *, mapping: Mapping[str, str] | None, target: Target
) -> tuple[RowValues, None] | tuple[str | None, Reason]:
    """Return the mapped fields of a JSON object; or the invalid field, if it is known, and the reason.

    Members with the value null are left out. Without a mapping, each member must have the name of a field, or of one
    that the platform assigns.
    """
    if mapping is None:
        if unknown_member(record, target) is not None:
            return None, Reason.UNKNOWN_MEMBER
        mapping = target.own_names
    members = record if record.keys() <= mapping.keys() else _in_any_form(record, mapping)
    row: RowValues = {}
    for member, field in mapping.items():
        value = members.get(member)
        if value is None:
            continue
        if isinstance(value, bool) and field in target.truth_values:
            value = "true" if value else "false"
        if not isinstance(value, str):
            return field, Reason.NOT_A_TEXT
        if not is_text(value):
            return field, Reason.INVALID_ENCODING
        if "\0" in value:
            return field, Reason.NUL_CHARACTER
        row[field] = value
    return row, None


def _in_any_form(record: Mapping[str, Any], columns: Iterable[str]) -> Mapping[str, Any]:
    """Return the value of each column: of the member with this very name, or else of one with a name like it."""
    like = {column_key(name): value for name, value in record.items()}
    return {column: record[column] if column in record else like.get(column_key(column)) for column in columns}


def _places(column: str, names: Sequence[str], keys: Sequence[str]) -> list[int]:
    """Return the places of the columns with this very name; if there are none, of those with a name like it."""
    exact = [place for place, name in enumerate(names) if name == column]
    return exact or [place for place, key in enumerate(keys) if key and key == column_key(column)]
