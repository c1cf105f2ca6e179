"""The thumbnail of an accepted image: drawn and stored, or recorded as failed."""

from functions.files.changing import change
from functions.files.domain import File, Thumbnail, accepted_key, thumbnail_key, with_thumbnail
from functions.files.errors import FileNotFound
from functions.files.media_types import MEDIA_TYPES
from functions.files.ports import CannotBeDrawn, Draw, FileStore, ObjectStore
from functions.shared.messaging.events import Event
from functions.shared.messaging.inbox import AlreadySeen
from functions.shared.observability import count, logger

THUMBNAIL_TYPE = "image/webp"


class Thumbnailer:
    """Makes the thumbnails of accepted images."""

    def __init__(self, store: FileStore, objects: ObjectStore, *, draw: Draw) -> None:
        self._store = store
        self._objects = objects
        self._draw = draw

    def make(self, event: Event) -> None:
        """Make the thumbnail of the version that a `FileUploaded.v1` names, if that is an image.

        Raises:
            AlreadySeen: The thumbnail is available or has failed already.
        """
        media_type = MEDIA_TYPES.get(event.data["content_type"])
        if media_type is None or not media_type.is_image:
            return
        file_id, number = str(event.data["file_id"]), int(event.data["number"])
        try:
            version = self._store.get_version(file_id, number)
            if version.thumbnail != "pending":
                raise AlreadySeen
            thumbnail = self._draw_and_store(event, thumbnail_key(file_id, number))
            self._record(file_id, number, thumbnail)
        except FileNotFound:
            # The file was deleted, and the remover may have run before the thumbnail was stored.
            self._objects.remove(thumbnail_key(file_id, number))

    def _draw_and_store(self, event: Event, target: str) -> Thumbnail:
        key = accepted_key(str(event.data["file_id"]), int(event.data["number"]))
        content = self._objects.read(key, str(event.data["version_id"]))
        try:
            drawn = self._draw(content, str(event.data["content_type"]))
        except CannotBeDrawn as error:
            count("ThumbnailsFailed")
            logger.info("thumbnail failed", reason=str(error))
            return "failed"
        self._objects.write(target, drawn, content_type=THUMBNAIL_TYPE)
        count("ThumbnailsDrawn")
        return "available"

    def _record(self, file_id: str, number: int, thumbnail: Thumbnail) -> None:
        def attempt(file: File) -> None:
            version = self._store.get_version(file_id, number)
            after, drawn = with_thumbnail(file, version, thumbnail)
            self._store.replace(file, after, drawn)

        change(self._store, file_id, attempt)
