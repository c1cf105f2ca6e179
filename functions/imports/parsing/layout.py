"""The layout of a file, as the request for its import describes it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, Self

from functions.shared.documents import known_values

type Format = Literal["csv", "ndjson", "auto"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The options for reading a file.

    Attributes:
        target: One of `fields.TARGETS`.
        format: `csv` or `ndjson`; `auto` until the content type of the file determines it.
        encoding: A label of an encoding, or `auto`; a byte order mark wins.
        delimiter: The character between two fields of CSV; a first line `sep=;` wins.
        has_header: True if the first record of CSV names the columns; otherwise the mapping numbers them.
        mapping: Column or member to field; None if columns have the names of the fields.
    """

    target: str
    format: Format
    encoding: str = "auto"
    delimiter: str = ","
    has_header: bool = True
    mapping: Mapping[str, str] | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the layout as JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """Return the layout that `to_json` returned."""
        return cls(**known_values(cls, values))
