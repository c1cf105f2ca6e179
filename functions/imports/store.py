"""What imports stand on: the store of imports, and the objects beside it."""

from collections.abc import Iterator, Sequence
from typing import Protocol

from functions.imports.domain import FileVersion, Import, Tally
from functions.imports.parsing.rows import File, Reject
from functions.shared.http.pages import Page
from functions.shared.messaging.events import Event


class ImportStore(Protocol):
    """Imports, each written together with the events that tell of the change, and the files that can be imported.

    Every method raises `Unavailable` where the store is busy or away.
    """

    def keep_file(self, file: FileVersion, *, number: int) -> None:
        """Remember an available version of a file, unless one of a greater number is known, or that it was deleted."""

    def forget_file(self, file_id: str) -> None:
        """Remember that a file was deleted, whatever is still told of it."""

    def find_file(self, file_id: str) -> FileVersion | None:
        """Return the version of a file that has the greatest number, the one that files calls current."""

    def add(self, import_: Import, events: Sequence[Event], *, request_token: str | None = None) -> None:
        """Add an import; again, it changes nothing.

        Raises:
            ImportStarted: The request has added one in the last 24 hours.
            ImportRunning: The same version of the file is being imported in the same way, since less than 21 days.
        """

    def get(self, import_id: str) -> Import:
        """Return an import as last written.

        Raises:
            ImportNotFound: There is none with this id.
        """

    def replace(
        self, before: Import, after: Import, events: Sequence[Event], *, rejects: Sequence[Reject] = ()
    ) -> None:
        """Store `after` where `before` is still the stored version, with the rejects of the chunk that was read.

        The same change again changes nothing: whoever tries once more after `Unavailable` cannot know whether the
        first time did.

        Raises:
            StaleImport: Another change was stored since `before`.
        """

    def add_to_tally(self, import_id: str, chunk: int, told: Tally, *, rejects: Sequence[Reject]) -> None:
        """Add what was told of a chunk, and its rejects, once.

        Raises:
            AlreadySeen: The chunk was counted before.
        """

    def get_tally(self, import_id: str) -> Tally:
        """Return what was told of all chunks so far."""

    def rejects(self, import_id: str, *, since: int = 0, cuts: int) -> Iterator[Reject]:
        """Read the rejects of so many chunks but those before `since`, in the order of their lines."""

    def list_page(self, *, owner: str | None, limit: int, after: str | None) -> Page[Import]:
        """Return at most `limit` imports of an owner, or of all, newest first, from after the position on."""


class Files(Protocol):
    """The files that were uploaded."""

    def open(self, version: FileVersion) -> File:
        """Return the bytes of a version."""


class Objects(Protocol):
    """The objects of imports: chunks on their way to the target, and lists of rejects.

    Every method raises `Unavailable` where the store is busy or away.
    """

    def write(self, key: str, content: bytes) -> None:
        """Write an object."""

    def begin_parts(self, key: str) -> str:
        """Begin an object that is written in parts, and return what names that: it is there when it is completed."""

    def write_part(self, key: str, upload_id: str, number: int, content: bytes) -> str:
        """Write a part, at least 5 MiB but for the last, numbered from 1, and return its tag; again, it is replaced."""

    def complete_parts(self, key: str, upload_id: str, tags: Sequence[str]) -> None:
        """Make the object of the parts with these tags, in their order."""

    def delete(self, key: str) -> None:
        """Delete an object; one that is not there is no error."""

    def link(self, key: str) -> str:
        """Return a link by which anybody can download the object for some minutes."""
