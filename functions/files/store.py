"""What is kept of files and their versions, and how a change is made while others change the same file."""

from collections.abc import Callable, Sequence
from typing import Protocol

from functions.files.domain import File, Version
from functions.files.errors import StaleVersion
from functions.shared.errors import Unavailable
from functions.shared.http.pages import Page
from functions.shared.messaging.events import Event

CHANGE_ATTEMPTS = 5


class FileStore(Protocol):
    """Files and their versions, each written together with the event that tells of the change."""

    def add(self, file: File) -> None:
        """Add a file and its first version."""

    def replace(self, before: File, after: File, version: Version, event: Event | None = None) -> None:
        """Store `after` where `before` is still the stored version, and one of its versions with it.

        Raises:
            StaleVersion: It is not, or it is gone.
        """

    def remove(self, file: File, event: Event) -> None:
        """Remove a file that is still as given; its versions stay until they are forgotten.

        Raises:
            StaleVersion: It is not.
        """

    def forget_version(self, file_id: str, number: int) -> None:
        """Remove a version, if it is there."""

    def get(self, file_id: str) -> File:
        """Return a file as last written.

        Raises:
            FileNotFound: There is none with this id, or it has expired.
        """

    def get_version(self, file_id: str, number: int) -> Version:
        """Return a version as last written.

        Raises:
            FileNotFound: There is none.
        """

    def get_versions(self, file_id: str, numbers: Sequence[int]) -> Sequence[Version]:
        """Return those of these versions that there are, in the order of `numbers`, of which there are 100 at most."""

    def list_page(self, *, owner: str | None, limit: int, after: str | None) -> Page[File]:
        """Return at most `limit` files of an owner, or of all, oldest first; eventually consistent."""


def change(store: FileStore, file_id: str, attempt: Callable[[File], None]) -> None:
    """Get a file and try to change it, again where somebody else was quicker.

    Raises:
        FileNotFound: It is gone.
        Unavailable: Others kept changing it.
    """
    for _ in range(CHANGE_ATTEMPTS):
        try:
            attempt(store.get(file_id))
        except StaleVersion:
            continue
        else:
            return
    raise Unavailable("Others are changing this file. Try again.")
