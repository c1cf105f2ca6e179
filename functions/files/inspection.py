"""The inspection of an upload: its version becomes available, or is rejected and the upload removed.

The inspection handles these failures:

- The message is delivered twice. The version is decided already: only the upload is removed, and the copy of a
  rejected version.
- The file was deleted or has expired. The upload is removed.
- A client uses the form twice. The first decision holds, and every other upload is removed. The accepted object is a
  copy, which no client can write.
- The function ends before it has finished. SQS delivers the message again, and an existing copy is reused.
"""

import re
from typing import TYPE_CHECKING

from functions.files.changing import change
from functions.files.domain import AcceptedObject, File, Reason, Version, accept, accepted_key, find_fault, reject
from functions.files.errors import FileNotFound
from functions.files.ports import FileStore, ObjectStore
from functions.shared.messaging.inbox import AlreadySeen
from functions.shared.observability import count, logger

if TYPE_CHECKING:
    from functions.shared.messaging.new_objects import NewObject

_KEY = re.compile(r"incoming/([0-9a-f-]{36})/([1-9][0-9]{0,3})")


class Inspector:
    """Accepts or rejects uploads."""

    def __init__(self, store: FileStore, objects: ObjectStore) -> None:
        self._store = store
        self._objects = objects

    def inspect(self, upload: "NewObject") -> None:
        """Make an upload's version available or reject it.

        Raises:
            AlreadySeen: The version was decided before.
        """
        try:
            file_id, number = _parts(upload.key)
            self._store.get(file_id)
            version = self._store.get_version(file_id, number)
            is_open = version.state == "pending"
            decides = is_open and self._decide(file_id, number, *self._examine(upload, file_id, version))
            version = self._store.get_version(file_id, number)
        except FileNotFound:
            self._drop(upload)
            return
        if version.state == "rejected":
            # A copy exists if its checksum differs, or if a parallel inspection accepted another upload but lost.
            self._objects.remove(accepted_key(file_id, number))
        self._objects.remove(upload.key, upload.object_version)
        if not decides:
            raise AlreadySeen

    def _examine(
        self, upload: "NewObject", file_id: str, version: Version
    ) -> tuple[AcceptedObject | None, Reason | None]:
        found = self._objects.read_head(upload.key, upload.object_version)
        fault = find_fault(version, size_bytes=found.size_bytes, head=found.head)
        if fault:
            return None, fault
        target = accepted_key(file_id, version.number)
        copy = self._objects.accept(upload.key, upload.object_version, target=target, content_type=version.content_type)
        if version.checksum_sha256 not in (None, copy.checksum_sha256):
            return None, "checksum-differs"
        return copy, None

    def _decide(self, file_id: str, number: int, copy: AcceptedObject | None, fault: Reason | None) -> bool:
        """Accept or reject a version; return False if it was decided already."""

        def attempt(file: File) -> None:
            version = self._store.get_version(file_id, number)
            if version.state != "pending":
                raise AlreadySeen
            if copy:
                after, decided, event = accept(file, version, copy)
            elif fault:
                after, decided, event = reject(file, version, fault)
            else:
                raise ValueError("An upload has either a copy or a fault")
            self._store.replace(file, after, decided, event)

        try:
            change(self._store, file_id, attempt)
        except AlreadySeen:
            return False
        count("FilesRejected" if fault else "FilesAccepted")
        logger.info("upload inspected", file_id=file_id, number=number, fault=fault)
        return True

    def _drop(self, upload: "NewObject") -> None:
        """Remove an upload without a file, and its copy, which exists if the file was deleted during the inspection."""
        logger.info("upload without a file dropped", key=upload.key)
        self._objects.remove(upload.key, upload.object_version)
        match = _KEY.fullmatch(upload.key)
        if match:
            self._objects.remove(accepted_key(match[1], int(match[2])))


def _parts(key: str) -> tuple[str, int]:
    match = _KEY.fullmatch(key)
    if not match:
        raise FileNotFound
    return match[1], int(match[2])
