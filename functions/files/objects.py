"""Where the content of files is: what is asked of it, and how it is when it comes."""

from dataclasses import dataclass
from typing import Protocol

from functions.files.domain import Declared, Stored


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadForm:
    """What a client posts, as multipart/form-data, with the content as its last part, `file`."""

    url: str
    fields: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """The size of an object and its first bytes, up to `HEAD_BYTES`."""

    size_bytes: int
    head: bytes


class SignedRequests(Protocol):
    """Signs what clients may ask of the objects themselves; no request can outlive the signer's credentials."""

    def upload_form(self, key: str, declared: Declared, *, expires_in_s: int) -> UploadForm:
        """Return the form that uploads what was declared, and nothing else, to the key."""

    def download_url(self, key: str, *, object_version: str, file_name: str, expires_in_s: int) -> str:
        """Return where this version of the object can be downloaded as a file of this name."""

    def image_url(self, key: str, *, expires_in_s: int) -> str:
        """Return where the object can be looked at."""


class Objects(Protocol):
    """The objects; what is done twice ends as if it had been done once."""

    def look_at(self, key: str, object_version: str) -> Look:
        """Return size and first bytes of an object, which has at least one."""

    def accept(self, key: str, object_version: str, *, target: str, content_type: str) -> Stored:
        """Copy an object to where accepted ones are; what is there already stays, and is answered."""

    def read(self, key: str, object_version: str) -> bytes:
        """Return an object whole; for small ones."""

    def write(self, key: str, content: bytes, *, content_type: str) -> None:
        """Put an object."""

    def remove(self, key: str, object_version: str | None = None) -> None:
        """Remove one version for good; without a version hide the object, which S3 keeps as the lifecycle says."""
