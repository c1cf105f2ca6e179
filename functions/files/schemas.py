"""What clients send and get about files."""

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Self
from unicodedata import normalize

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
)
from pydantic_core import PydanticCustomError

from functions.files.domain import Declared, File, Reason, State, Thumbnail, Version
from functions.files.media_types import MEDIA_TYPES
from functions.files.objects import UploadForm

# What cannot be in a name everywhere: controls, what turns the direction of the text, separators of folders.
_NOT_IN_A_NAME = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069/\\]")


def _file_name(text: str) -> str:
    if _NOT_IN_A_NAME.search(text) or text in {".", ".."}:
        raise PydanticCustomError("file_name", "Expected the name of a file, without folders and control characters")
    if len(text.encode()) > 255:  # noqa: PLR2004 - what file systems take, see below
        raise PydanticCustomError("file_name", "Expected at most 255 bytes in UTF-8")
    return normalize("NFC", text)


def _content_type(text: str) -> str:
    if text not in MEDIA_TYPES:
        raise PydanticCustomError("content_type", "Expected one of {types}", {"types": ", ".join(MEDIA_TYPES)})
    return text


# The file systems in use take 255 bytes or characters.
FileName = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=255),
    AfterValidator(_file_name),
]
ContentType = Annotated[
    str,
    AfterValidator(_content_type),
    WithJsonSchema({"type": "string", "enum": list(MEDIA_TYPES)}),
]


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NewVersion(_Request):
    """What is going to be uploaded; S3 refuses anything else."""

    content_type: ContentType
    size_bytes: int = Field(ge=1, strict=True, description="Exactly; how much a file may have depends on its type.")
    checksum_sha256: str | None = Field(
        default=None,
        pattern=r"^[0-9a-f]{64}$",
        description="As `sha256sum` prints it. S3 then takes no other content.",
    )

    @field_validator("size_bytes")
    @classmethod
    def _fits_its_type(cls, size_bytes: int, info: ValidationInfo) -> int:
        media_type = MEDIA_TYPES.get(info.data.get("content_type", ""))
        if media_type and size_bytes > media_type.max_bytes:
            message = "Expected at most {most} bytes for this type"
            raise PydanticCustomError("size", message, {"most": media_type.max_bytes})
        return size_bytes

    def to_domain(self) -> Declared:
        """Return what was declared, as the domain knows it."""
        return Declared(
            content_type=self.content_type, size_bytes=self.size_bytes, checksum_sha256=self.checksum_sha256
        )


class NewFile(NewVersion):
    """A file that is going to be uploaded."""

    name: FileName = Field(examples=["report.csv"])


class UploadAnswer(BaseModel):
    """The form of the upload: post `fields` and then the content, as `file`, as multipart/form-data to `url`."""

    url: str
    fields: dict[str, str]
    expires_at: datetime = Field(description="The upload must have begun by then.")

    @classmethod
    def of(cls, form: UploadForm, *, expires_in_s: int) -> Self:
        """Return the answer that shows a form."""
        return cls(url=form.url, fields=form.fields, expires_at=_in(expires_in_s))


class LinkAnswer(BaseModel):
    """A signed address: whoever has it can get the content, until it expires."""

    url: str
    expires_at: datetime

    @classmethod
    def of(cls, url: str | None, *, expires_in_s: int) -> Self | None:
        """Return the answer that shows an address, if there is one."""
        return cls(url=url, expires_at=_in(expires_in_s)) if url else None


class VersionAnswer(BaseModel):
    """A version of a file."""

    number: int = Field(description="1 for the first.")
    state: State = Field(description="`pending` until it is uploaded and inspected, then `available` or `rejected`.")
    reason: Reason | None = Field(description="Why it was rejected.")
    content_type: str
    size_bytes: int
    checksum_sha256: str | None = Field(description="Of the content, once it is available; as declared before.")
    thumbnail: Thumbnail = Field(description="`failed` for a picture that is broken or has too many pixels.")
    created_at: datetime

    @classmethod
    def of(cls, version: Version) -> Self:
        """Return the answer that shows a version."""
        return cls.model_validate(_shown(version))


class VersionDetails(VersionAnswer):
    """A version of a file, with what can be done with its content at the moment."""

    upload: UploadAnswer | None = Field(default=None, description="In the answer to its creation alone.")
    download: LinkAnswer | None = Field(default=None, description="Once it is available.")
    thumbnail_link: LinkAnswer | None = Field(default=None, description="Once there is one.")


class VersionPage(BaseModel):
    """Some versions, newest first."""

    items: list[VersionAnswer]
    next_cursor: str | None = Field(description="Send it as `cursor` for the next page; null on the last one.")


class FileAnswer(VersionAnswer):
    """A file: its newest version that is available; before there is any, the newest of all."""

    id: str = Field(examples=["01938b2e-7c4a-7d3f-9a51-4f0c2b6d8e10"])
    name: str
    owner: str = Field(description="The subject who created it.")
    version: int = Field(description="Of this record: 1 at first, one more with each change; also in ETag.")
    updated_at: datetime

    @classmethod
    def of_file(cls, file: File) -> Self:
        """Return the answer that shows a file."""
        own = {
            "id": file.file_id,
            "name": file.name,
            "owner": file.owner,
            "version": file.version,
            "created_at": file.created_at,
            "updated_at": file.updated_at,
        }
        return cls.model_validate(_shown(file.current) | own)


class FileDetails(FileAnswer, VersionDetails):
    """A file, with what can be done with its content at the moment."""


class FilePage(BaseModel):
    """Some files, oldest first."""

    items: list[FileAnswer]
    next_cursor: str | None = Field(description="Send it as `cursor` for the next page; null on the last one.")


class ListQuery(_Request):
    """How to list."""

    limit: int = Field(default=20, ge=1, le=100, description="At most how many; fewer where some have just expired.")
    cursor: str | None = Field(default=None, max_length=1024, description="`next_cursor` of the page before.")


def _shown(version: Version) -> dict[str, object]:
    names = VersionAnswer.model_fields
    return {name: getattr(version, name) for name in names}


def _in(seconds: int) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=seconds)
