"""The requests and answers of files."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Self
from unicodedata import normalize

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
)
from pydantic_core import PydanticCustomError

from functions.files.domain import Declaration, File, Reason, State, Thumbnail, Version
from functions.files.media_types import MEDIA_TYPES
from functions.files.ports import UploadForm
from functions.shared.http.lists import PageAnswer, PageQuery
from functions.shared.text import is_name, name_pattern, trimmed_name

# Systems separate folders by one of these.
_SEPARATORS = r"/\\"


def _file_name(text: str) -> str:
    if not is_name(text, without=_SEPARATORS) or text in {".", ".."}:
        raise PydanticCustomError(
            "file_name",
            "Expected the name of a file with a visible character, without folders, control characters and marks of "
            "text direction",
        )
    if len(text.encode()) > 255:  # noqa: PLR2004 - the limit of file systems, see below
        raise PydanticCustomError("file_name", "Expected at most 255 bytes in UTF-8")
    return normalize("NFC", text)


def _content_type(text: str) -> str:
    if text not in MEDIA_TYPES:
        raise PydanticCustomError("content_type", "Expected one of {types}", {"types": ", ".join(MEDIA_TYPES)})
    return text


# The names in the OpenAPI document, in which every service has names of its own.
type FileState = State
type RejectionReason = Reason
type ThumbnailState = Thumbnail

# Common file systems allow 255 bytes or 255 characters.
FileName = Annotated[
    str,
    StringConstraints(min_length=1, max_length=255),
    AfterValidator(_file_name),
    BeforeValidator(trimmed_name),
    WithJsonSchema({"type": "string", "minLength": 1, "maxLength": 255, "pattern": name_pattern(without=_SEPARATORS)}),
]
ContentType = Annotated[
    str,
    AfterValidator(_content_type),
    WithJsonSchema({"type": "string", "enum": list(MEDIA_TYPES)}),
]


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NewVersion(_Request):
    """The content to upload; S3 refuses any other content."""

    content_type: ContentType
    size_bytes: int = Field(ge=1, strict=True, description="The exact size; the limit depends on the type.")
    checksum_sha256: str | None = Field(
        default=None,
        pattern=r"^[0-9a-f]{64}$",
        description="As `sha256sum` prints it. S3 then refuses any other content.",
    )

    @field_validator("size_bytes")
    @classmethod
    def _fits_its_type(cls, size_bytes: int, info: ValidationInfo) -> int:
        media_type = MEDIA_TYPES.get(info.data.get("content_type", ""))
        if media_type and size_bytes > media_type.max_bytes:
            message = "Expected at most {most} bytes for this type"
            raise PydanticCustomError("size", message, {"most": media_type.max_bytes})
        return size_bytes

    def to_domain(self) -> Declaration:
        """Return the declaration of the domain."""
        return Declaration(
            content_type=self.content_type, size_bytes=self.size_bytes, checksum_sha256=self.checksum_sha256
        )


class NewFile(NewVersion):
    """A file to upload."""

    name: FileName = Field(examples=["report.csv"])


class CreatedFile(BaseModel):
    """The remembered result of a creation; a replay gets a new upload form."""

    file_id: str


class CreatedVersion(BaseModel):
    """The remembered result of adding a version; a replay gets a new upload form."""

    number: int


class UploadAnswer(BaseModel):
    """The upload form: post `fields` and then the content, as `file`, to `url` as multipart/form-data."""

    url: str
    fields: dict[str, str]
    expires_at: datetime = Field(description="The upload must begin before this time.")

    @classmethod
    def of(cls, form: UploadForm, *, expires_in_s: int) -> Self:
        """Return the answer for a form."""
        return cls(url=form.url, fields=form.fields, expires_at=_in(expires_in_s))


class LinkAnswer(BaseModel):
    """A signed URL: it gives access to the content, without a token, until it expires."""

    url: str
    expires_at: datetime

    @classmethod
    def of(cls, url: str | None, *, expires_in_s: int) -> Self | None:
        """Return the answer for a URL; None without a URL."""
        return cls(url=url, expires_at=_in(expires_in_s)) if url else None


class VersionAnswer(BaseModel):
    """A version of a file."""

    number: int = Field(description="The first version is 1.")
    state: FileState = Field(description="`pending` until the upload is inspected, then `available` or `rejected`.")
    reason: RejectionReason | None = Field(description="Why the version was rejected.")
    content_type: str
    size_bytes: int
    checksum_sha256: str | None = Field(
        description="As declared; once the version is available, as computed from the content."
    )
    thumbnail: ThumbnailState = Field(description="`failed` for an image that is broken, or takes too much to draw.")
    created_at: datetime

    @classmethod
    def of(cls, version: Version) -> Self:
        """Return the answer for a version."""
        return cls.model_validate(_shown(version))


class VersionDetails(VersionAnswer):
    """A version of a file, with the links to its content that work now."""

    upload: UploadAnswer | None = Field(default=None, description="Only in the answer to the creation.")
    download: LinkAnswer | None = Field(default=None, description="Set once the version is available.")
    thumbnail_link: LinkAnswer | None = Field(default=None, description="Set once there is a thumbnail.")


class VersionPage(PageAnswer[VersionAnswer]):
    """A page of versions, newest first."""


class FileAnswer(VersionAnswer):
    """A file with its newest available version; if none is available yet, with its newest version."""

    id: str = Field(examples=["01938b2e-7c4a-7d3f-9a51-4f0c2b6d8e10"])
    name: str
    owner: str = Field(description="The subject who created the file.")
    version: int = Field(description="The version of this record: starts at 1, each change adds 1; also in ETag.")
    updated_at: datetime

    @classmethod
    def of_file(cls, file: File) -> Self:
        """Return the answer for a file."""
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
    """A file, with the links to its content that work now."""


class FilePage(PageAnswer[FileAnswer]):
    """A page of files, oldest first."""


class ListQuery(PageQuery):
    """The query of a list of files or versions."""

    limit: int = Field(
        default=20, ge=1, le=100, description="The most items in a page; a page has fewer if some have just expired."
    )


def _shown(version: Version) -> dict[str, object]:
    names = VersionAnswer.model_fields
    return {name: getattr(version, name) for name in names}


def _in(seconds: int) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=seconds)
