"""How a file is laid out, as whoever imports it says, and what of it goes into which field."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, Self

type Format = Literal["csv", "ndjson", "auto"]

# What can be imported: the fields of each target, and which of them a row cannot do without.
FIELDS: Mapping[str, frozenset[str]] = {"users": frozenset({"email", "name"})}
REQUIRED: Mapping[str, frozenset[str]] = {"users": frozenset({"email"})}


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How to read a file.

    Attributes:
        target: What its rows become, one of `FIELDS`.
        format: `csv` or `ndjson`; `auto` until the type of the file has told which.
        encoding: One of `encodings.NAMES`, or `auto`.
        delimiter: Between the fields of CSV; one character.
        has_header: Whether the first record of CSV names the columns; without it, the mapping numbers them.
        mapping: Column or member to field; None where they are named as the fields.
    """

    target: str
    format: Format
    encoding: str = "auto"
    delimiter: str = ","
    has_header: bool = True
    mapping: Mapping[str, str] | None = None

    def to_json(self) -> dict[str, Any]:
        """Return JSON values from which `from_json` makes the same layout."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """Read what `to_json` returned."""
        return cls(**values)
