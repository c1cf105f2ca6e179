"""The removal of a deleted file: its objects are hidden and its versions forgotten.

S3 keeps a hidden object as a noncurrent version until the bucket's lifecycle deletes it. The removal is idempotent.
"""

from functions.files.domain import accepted_key, incoming_key, thumbnail_key
from functions.files.ports import FileStore, ObjectStore
from functions.shared.messaging.events import Event


class Remover:
    """Removes the objects and versions of deleted files."""

    def __init__(self, store: FileStore, objects: ObjectStore) -> None:
        self._store = store
        self._objects = objects

    def remove(self, event: Event) -> None:
        """Remove the objects and versions of the file that a `FileDeleted.v1` names."""
        file_id = str(event.data["file_id"])
        for number in range(1, int(event.data["versions"]) + 1):
            for key in (incoming_key, accepted_key, thumbnail_key):
                self._objects.remove(key(file_id, number))
            self._store.forget_version(file_id, number)
