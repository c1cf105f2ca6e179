"""What follows the deletion of a file: its objects are hidden and its versions forgotten.

S3 keeps what was hidden as noncurrent versions, which the bucket's lifecycle ends. Done twice, it ends the same.
"""

from functions.files.domain import accepted_key, incoming_key, thumbnail_key
from functions.files.objects import Objects
from functions.files.store import FileStore
from functions.shared.messaging.events import Event


class Removal:
    """Removes what is left of deleted files."""

    def __init__(self, store: FileStore, objects: Objects) -> None:
        self._store = store
        self._objects = objects

    def remove(self, event: Event) -> None:
        """Remove the objects and versions of the file that a `FileDeleted.v1` names."""
        file_id = str(event.data["file_id"])
        for number in range(1, int(event.data["versions"]) + 1):
            for key in (incoming_key, accepted_key, thumbnail_key):
                self._objects.remove(key(file_id, number))
            self._store.forget_version(file_id, number)
