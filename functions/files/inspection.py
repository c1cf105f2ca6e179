"""What happens to an upload: it is looked at, and becomes a version that is available, or is rejected and removed.

What can go wrong, and what then happens:

- the message comes twice: the version is decided already, and only what is left of the upload is removed, and the copy
  that a rejected one may have left;
- it comes for a file that was deleted, or has expired: the upload is removed;
- the form is used twice: the first decision stands, and every other upload is removed; the accepted object is a copy,
  which no client can write;
- the function ends in between: the message comes again. The copy that is there already is taken, not made anew.
"""

import re
from typing import TYPE_CHECKING

from functions.files.domain import File, Reason, Stored, Version, accept, accepted_key, fault_of, reject
from functions.files.errors import FileNotFound
from functions.files.objects import Objects
from functions.files.store import FileStore, change
from functions.shared.messaging.inbox import AlreadySeen
from functions.shared.observability import count, logger

if TYPE_CHECKING:
    from functions.shared.messaging.new_objects import NewObject

_KEY = re.compile(r"incoming/([0-9a-f-]{36})/([1-9][0-9]{0,3})")


class Inspection:
    """Decides about uploads."""

    def __init__(self, store: FileStore, objects: Objects) -> None:
        self._store = store
        self._objects = objects

    def inspect(self, arrived: "NewObject") -> None:
        """Make an upload available or reject it.

        Raises:
            AlreadySeen: That was done before.
        """
        try:
            file_id, number = _parts(arrived.key)
            self._store.get(file_id)
            version = self._store.get_version(file_id, number)
            is_open = version.state == "pending"
            decides = is_open and self._decide(file_id, number, *self._look(arrived, file_id, version))
            version = self._store.get_version(file_id, number)
        except FileNotFound:
            self._drop(arrived)
            return
        if version.state == "rejected":
            # The copy whose checksum differs, or that of another upload or delivery, which was not the one to decide.
            self._objects.remove(accepted_key(file_id, number))
        self._objects.remove(arrived.key, arrived.object_version)
        if not decides:
            raise AlreadySeen

    def _look(self, arrived: "NewObject", file_id: str, version: Version) -> tuple[Stored | None, Reason | None]:
        look = self._objects.look_at(arrived.key, arrived.object_version)
        fault = fault_of(version, size_bytes=look.size_bytes, head=look.head)
        if fault:
            return None, fault
        target = accepted_key(file_id, version.number)
        stored = self._objects.accept(
            arrived.key, arrived.object_version, target=target, content_type=version.content_type
        )
        if version.checksum_sha256 not in (None, stored.checksum_sha256):
            return None, "checksum-differs"
        return stored, None

    def _decide(self, file_id: str, number: int, stored: Stored | None, fault: Reason | None) -> bool:
        """Decide about a version; tell whether it was not decided already."""

        def attempt(file: File) -> None:
            version = self._store.get_version(file_id, number)
            if version.state != "pending":
                raise AlreadySeen
            if stored:
                after, decided, event = accept(file, version, stored)
            elif fault:
                after, decided, event = reject(file, version, fault)
            else:
                raise ValueError("An upload is either stored or at fault")
            self._store.replace(file, after, decided, event)

        try:
            change(self._store, file_id, attempt)
        except AlreadySeen:
            return False
        count("FilesRejected" if fault else "FilesAccepted")
        logger.info("upload inspected", file_id=file_id, number=number, fault=fault)
        return True

    def _drop(self, arrived: "NewObject") -> None:
        """Remove what belongs to no file any more: the upload, and a copy that was made of it meanwhile."""
        logger.info("upload of no file dropped", key=arrived.key)
        self._objects.remove(arrived.key, arrived.object_version)
        match = _KEY.fullmatch(arrived.key)
        if match:
            self._objects.remove(accepted_key(match[1], int(match[2])))


def _parts(key: str) -> tuple[str, int]:
    match = _KEY.fullmatch(key)
    if not match:
        raise FileNotFound
    return match[1], int(match[2])
