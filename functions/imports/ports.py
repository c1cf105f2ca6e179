"""The ports of imports: the store of imports, the uploaded files, and the bucket of chunks and rejects files."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from functions.imports.domain import FileVersion, Import, Tally
from functions.imports.parsing.rows import File, Reject
from functions.shared.http.pages import Page
from functions.shared.messaging.events import Event


class ImportStore(Protocol):
    """Imports, each written together with the events of the change, and the files that can be imported.

    Every method raises `Unavailable` if the store is busy or unreachable.
    """

    def keep_file(self, file: FileVersion, *, number: int) -> None:
        """Store an available version of a file, unless the file is deleted or has a version with a greater number."""

    def forget_file(self, file_id: str) -> None:
        """Mark a file as deleted; later calls of `keep_file` do not remove the mark."""

    def find_file(self, file_id: str) -> FileVersion | None:
        """Return the version of a file with the greatest number, which is the current one in the files service."""

    def add(self, import_: Import, events: Sequence[Event], *, request_token: str | None = None) -> None:
        """Add an import; adding the same import again changes nothing.

        Raises:
            ImportStarted: The same request added an import in the last 24 hours.
            ImportRunning: An import of the same version with the same layout started in the last 21 days and runs.
        """

    def get(self, import_id: str) -> Import:
        """Return an import as last written.

        Raises:
            ImportNotFound: No import has this id.
        """

    def replace(
        self, before: Import, after: Import, events: Sequence[Event], *, rejects: Sequence[Reject] = ()
    ) -> None:
        """Store `after` if `before` is still the stored version, with the rejects of the chunk that was read.

        Storing the same change again changes nothing: after `Unavailable`, a caller cannot know if the first try wrote.

        Raises:
            StaleVersion: Another change was stored since `before`.
        """

    def add_to_tally(self, import_id: str, chunk: int, counts: Tally, *, rejects: Sequence[Reject]) -> None:
        """Add the counts and the rejects of a chunk, once.

        Raises:
            AlreadySeen: The chunk was counted before.
        """

    def get_tally(self, import_id: str) -> Tally:
        """Return the sum of all chunks counted so far."""

    def rejects(self, import_id: str, chunks: Iterable[int]) -> Iterator[Reject]:
        """Read the rejects of these chunks, which are in ascending order, sorted by line."""

    def list_page(self, *, restricted_to: str | None, limit: int, after: str | None) -> Page[Import]:
        """Return at most `limit` imports after a position, newest first; only those of one owner if restricted."""


class UploadedFiles(Protocol):
    """The uploaded files."""

    def open(self, version: FileVersion) -> File:
        """Return the content of a version."""


class ImportObjects(Protocol):
    """The bucket of imports: chunks for the target, and rejects files.

    Every method raises `Unavailable` if the bucket is busy or unreachable.
    """

    def write(self, key: str, content: bytes) -> None:
        """Write an object."""

    def begin_parts(self, key: str) -> str:
        """Begin a multipart upload and return its id; the object appears when the upload is completed."""

    def write_part(self, key: str, upload_id: str, number: int, content: bytes) -> str:
        """Write or replace a part, numbered from 1, and return its entity tag; only the last can be below 5 MiB."""

    def complete_parts(self, key: str, upload_id: str, tags: Sequence[str]) -> None:
        """Make the object from the parts with these entity tags, in this order."""

    def delete(self, key: str) -> None:
        """Delete an object, if it exists."""

    def link(self, key: str) -> str:
        """Return a link that downloads the object, without further authorisation, for some minutes."""
