"""The requests and answers of the imports API."""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from functions.imports.domain import Import, Status
from functions.imports.fields import TARGETS, UserField
from functions.imports.parsing.advice import ENCODINGS
from functions.imports.parsing.encoding_labels import NAMES, name_of
from functions.imports.parsing.layout import Layout
from functions.shared.http.lists import PageAnswer

# https://docs.python.org/3/library/csv.html: one character, neither a line end nor the quote.
Delimiter = Annotated[str, StringConstraints(min_length=1, max_length=1, pattern=r'^[^"\r\n\x00 ]$')]
Column = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]

# The name in the OpenAPI document, in which every service has names of its own.
type ImportStatus = Status


def _encoding(label: str) -> str:
    name = label if label == "auto" else name_of(label)
    if name is None:
        known = ", ".join(NAMES)
        raise PydanticCustomError("encoding", "Expected `auto`, or a label of one of {known}", {"known": known})
    return name


Encoding = Annotated[
    str,
    StringConstraints(max_length=40),
    AfterValidator(_encoding),
    WithJsonSchema({"type": "string", "enum": ["auto", *NAMES, "latin-1"]}),
]


class NewImport(BaseModel):
    """A file to import, and how to read it."""

    model_config = ConfigDict(extra="forbid")

    file_id: str = Field(max_length=64, description="An uploaded file that is available.")
    target: Literal["users"] = Field(description="The records that the rows become.")
    format: Literal["csv", "ndjson"] | None = Field(
        default=None, description="If left out, the content type of the file determines it."
    )
    mapping: dict[Column, UserField] | None = Field(
        default=None,
        min_length=1,
        max_length=50,
        description="The field of each column, or of each member of an object; unmapped columns are left out. If no "
        "column has exactly this name, case and kinds of spaces do not matter. Without a mapping, columns must have "
        "the names of fields, and there must be no other columns but those of an export. Without a header, columns are "
        "named by their numbers, from 1.",
        examples=[{"E-mail": "email", "Full name": "name"}],
    )
    delimiter: Delimiter = Field(
        default=",",
        description="The character between two fields of CSV. A first line such as `sep=;` in the file wins.",
        examples=[";"],
    )
    encoding: Encoding = Field(
        default="auto",
        description="The encoding of a file without a byte order mark; a mark wins. `auto` is UTF-8. The labels of the "
        "Encoding Standard are accepted, too: https://encoding.spec.whatwg.org/#names-and-labels. There, `latin1` "
        "means windows-1252.",
        examples=["windows-1252"],
    )
    has_header: bool = Field(
        default=True, strict=True, description="Whether the first record of CSV names the columns."
    )

    @field_validator("mapping")
    @classmethod
    def _maps_each_field_once(cls, mapping: dict[str, str] | None) -> dict[str, str] | None:
        if mapping is not None:
            fields = list(mapping.values())
            twice = sorted({field for field in fields if fields.count(field) > 1})
            missing = sorted(TARGETS["users"].required.difference(fields))
            if twice:
                raise ValueError(f"Expected each field once; {', '.join(twice)} has two columns.")
            if missing:
                raise ValueError(f"Expected a column for each required field; {', '.join(missing)} has none.")
        return mapping

    @model_validator(mode="after")
    def _numbers_columns_without_a_header(self) -> Self:
        if not self.has_header:
            if self.format == "ndjson":
                raise ValueError("has_header: NDJSON has no header; leave it out.")
            if self.mapping is None or not all(column.isdecimal() and int(column) > 0 for column in self.mapping):
                raise ValueError("mapping: Expected the numbers of columns, from 1, for a file without a header.")
        return self

    def to_domain(self) -> Layout:
        """Return the layout that the request describes."""
        return Layout(
            target=self.target,
            # NDJSON has no header, so a request with `has_header: false` is about CSV.
            format=self.format or ("auto" if self.has_header else "csv"),
            encoding=self.encoding,
            delimiter=self.delimiter,
            has_header=self.has_header,
            mapping=self.mapping and {column: str(field) for column, field in self.mapping.items()},
        )


class ImportFailure(BaseModel):
    """The reason why the file was not imported, or not to its end."""

    reason: str = Field(description="A code that never changes.", examples=["missing_column"])
    column: str | None = Field(description="The column of the mapping that caused the failure.", examples=["E-mail"])
    column_number: int | None = Field(
        default=None, description="The number of the column, or of the member of an object, in the file, from 1."
    )
    detail: str | None = Field(
        default=None, description="What is wrong, and the likely mistake, for people. It repeats nothing of the file."
    )

    @classmethod
    def of(cls, import_: Import) -> Self | None:
        """Return the failure of an import; None if the file was not refused."""
        if import_.refusal is None:
            return None
        return cls(
            reason=import_.refusal,
            column=import_.refused_column,
            column_number=import_.refused_number,
            detail=import_.refusal_detail,
        )


class ImportAnswer(BaseModel):
    """An import.

    At the end, `rows_written` + `rows_rejected` + `rows_skipped` = `rows_read`.
    """

    id: str = Field(examples=["01938b2f-1c4a-7d3f-9a51-4f0c2b6d8e10"])
    status: ImportStatus
    owner: str = Field(description="The owner of the file.")
    file_id: str
    target: str
    rows_read: int = Field(description="Records read from the file.")
    rows_written: int = Field(description="Rows written to the target.")
    rows_rejected: int = Field(description="Records rejected; the file at `rejects_url` lists them with the reasons.")
    rows_skipped: int = Field(
        description="Rows left out because the import was cancelled; and, if a stuck import was ended, rows without a "
        "reported result."
    )
    failure: ImportFailure | None = Field(description="Only if the import failed.")
    advice: str | None = Field(
        default=None, description="What to do about many rejected records with the same reason, for people."
    )
    rejects_url: str | None = Field(
        default=None,
        description="A link, valid for five minutes, to the rejects as CSV with the columns line, field and reason. "
        "Only after the end of the import, for 30 days, and not in lists.",
    )
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, import_: Import, *, rejects_url: str | None = None) -> Self:
        """Return the answer for an import."""
        tally = import_.tally
        return cls(
            id=import_.import_id,
            status=import_.status,
            owner=import_.owner,
            file_id=import_.file.file_id,
            target=import_.layout.target,
            rows_read=import_.records,
            rows_written=tally.written,
            rows_rejected=import_.unreadable + tally.rejected,
            rows_skipped=tally.skipped,
            failure=ImportFailure.of(import_),
            advice=_advice(import_),
            rejects_url=rejects_url,
            created_at=import_.created_at,
            updated_at=import_.updated_at,
        )


def _advice(import_: Import) -> str | None:
    if not import_.is_much_misencoded:
        return None
    named = "UTF-8" if import_.layout.encoding == "auto" else import_.layout.encoding
    return f"{import_.misencoded:,} of {import_.records:,} records are not in {named} (invalid_encoding). {ENCODINGS}"


class ImportPage(PageAnswer[ImportAnswer]):
    """A page of imports, newest first."""
