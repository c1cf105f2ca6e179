"""What follows the acceptance of an image: a thumbnail is drawn, or it is noted that none can be."""

from typing import Protocol

from functions.files.domain import File, Thumbnail, accepted_key, thumbnail_key, with_thumbnail
from functions.files.errors import FileNotFound
from functions.files.media_types import MEDIA_TYPES
from functions.files.objects import Objects
from functions.files.store import FileStore, change
from functions.shared.messaging.events import Event
from functions.shared.messaging.inbox import AlreadySeen
from functions.shared.observability import count

THUMBNAIL_TYPE = "image/webp"


class CannotBeDrawn(Exception):
    """The content is no whole picture of its type, or is too large to be held."""


class Draw(Protocol):
    """Draws thumbnails."""

    def __call__(self, content: bytes, content_type: str) -> bytes:
        """Return a small picture of `THUMBNAIL_TYPE`.

        Raises:
            CannotBeDrawn: The content is broken, or too large.
        """


class Thumbnailing:
    """Makes the thumbnails of accepted images."""

    def __init__(self, store: FileStore, objects: Objects, *, draw: Draw) -> None:
        self._store = store
        self._objects = objects
        self._draw = draw

    def make(self, event: Event) -> None:
        """Make the thumbnail of the version that a `FileUploaded.v1` names, if that is an image.

        Raises:
            AlreadySeen: It is made already, or cannot be made.
        """
        media_type = MEDIA_TYPES.get(event.data["content_type"])
        if media_type is None or not media_type.is_image:
            return
        file_id, number = str(event.data["file_id"]), int(event.data["number"])
        try:
            version = self._store.get_version(file_id, number)
            if version.thumbnail != "pending":
                raise AlreadySeen
            outcome = self._outcome(event, thumbnail_key(file_id, number))
            self._note(file_id, number, outcome)
        except FileNotFound:
            # It was deleted meanwhile, perhaps after the removal looked for a thumbnail.
            self._objects.remove(thumbnail_key(file_id, number))

    def _outcome(self, event: Event, target: str) -> Thumbnail:
        key = accepted_key(str(event.data["file_id"]), int(event.data["number"]))
        content = self._objects.read(key, str(event.data["version_id"]))
        try:
            drawn = self._draw(content, str(event.data["content_type"]))
        except CannotBeDrawn:
            count("ThumbnailsFailed")
            return "failed"
        self._objects.write(target, drawn, content_type=THUMBNAIL_TYPE)
        count("ThumbnailsDrawn")
        return "available"

    def _note(self, file_id: str, number: int, outcome: Thumbnail) -> None:
        def attempt(file: File) -> None:
            version = self._store.get_version(file_id, number)
            after, drawn = with_thumbnail(file, version, outcome)
            self._store.replace(file, after, drawn)

        change(self._store, file_id, attempt)
