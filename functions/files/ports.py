"""The ports of files, and the values that cross them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from functions.files.domain import AcceptedObject, Declaration, File, Version
from functions.shared.messaging.events import Event

if TYPE_CHECKING:
    from functions.shared.http.pages import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadForm:
    """A presigned POST: multipart/form-data of `fields`, with the content as its last part, `file`."""

    url: str
    fields: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectHead:
    """The size of an object and its first bytes, up to `HEAD_BYTES`."""

    size_bytes: int
    head: bytes


class CannotBeDrawn(Exception):
    """The content is not a complete image of its type, or takes too much to draw."""


class FileStore(Protocol):
    """Files and their versions; each change is written together with its event."""

    def add(self, file: File) -> None:
        """Add a file and its first version.

        Raises:
            TooManyFiles: The owner has as many files as the quota allows; this holds for concurrent calls, too.
            StorageFull: The owner's files would have more bytes than the quota allows.
        """

    def replace(self, before: File, after: File, version: Version, event: Event | None = None) -> None:
        """Store `after` and one of its versions if `before` is still the stored version.

        Raises:
            StaleFile: The file has changed or is deleted.
            StorageFull: `after` has more bytes, and the owner's files would have more than the quota allows.
        """

    def remove(self, file: File, event: Event) -> None:
        """Remove a file if it is unchanged; its versions stay until `forget_version`.

        Raises:
            StaleFile: The file has changed or is deleted.
        """

    def forget_version(self, file_id: str, number: int) -> None:
        """Remove a version if it exists."""

    def get(self, file_id: str) -> File:
        """Return a file, strongly consistent.

        Raises:
            FileNotFound: There is none with this id, or it has expired.
        """

    def get_version(self, file_id: str, number: int) -> Version:
        """Return a version, strongly consistent.

        Raises:
            FileNotFound: There is no such version, or it has expired.
        """

    def get_versions(self, file_id: str, numbers: Sequence[int]) -> Sequence[Version]:
        """Return the existing versions among at most 100 `numbers`, in the order of `numbers`."""

    def list_page(self, *, restricted_to: str | None, limit: int, after: str | None) -> "Page[File]":
        """Return at most `limit` files of an owner, or of all owners for None, oldest first; eventually consistent."""


class RequestSigner(Protocol):
    """Signs requests that clients send to S3 themselves; no request outlives the signer's credentials."""

    def upload_form(self, key: str, declaration: Declaration, *, expires_in_s: int) -> UploadForm:
        """Return the form that uploads only the declared content, and only to this key."""

    def download_url(self, key: str, *, object_version: str, file_name: str, expires_in_s: int) -> str:
        """Return the URL that downloads this version of the object under this file name."""

    def image_url(self, key: str, *, expires_in_s: int) -> str:
        """Return the URL that shows the object."""


class ObjectStore(Protocol):
    """The objects of files; every operation is idempotent."""

    def read_head(self, key: str, object_version: str) -> ObjectHead:
        """Return the size and the first bytes of an object that is not empty."""

    def accept(self, key: str, object_version: str, *, target: str, content_type: str) -> AcceptedObject:
        """Copy an object to `target`; if `target` exists, return the existing object instead."""

    def read(self, key: str, object_version: str) -> bytes:
        """Return the whole content of a small object."""

    def write(self, key: str, content: bytes, *, content_type: str) -> None:
        """Put an object."""

    def remove(self, key: str, object_version: str | None = None) -> None:
        """Delete one version permanently; without a version, hide the object, which the bucket's lifecycle deletes."""


class Draw(Protocol):
    """Draws thumbnails."""

    def __call__(self, content: bytes, content_type: str) -> bytes:
        """Return a small image of `THUMBNAIL_TYPE`.

        Raises:
            CannotBeDrawn: The content is broken, or takes too much memory or time.
        """
