"""The thumbnail of an accepted image."""

from functools import partial

import pytest

from functions.files.domain import Declaration, File, accepted_key, incoming_key, thumbnail_key
from functions.files.inspection import Inspector
from functions.files.ports import CannotBeDrawn
from functions.files.service import FileService
from functions.files.thumbnailing import Thumbnailer
from functions.shared.messaging.events import Event
from functions.shared.messaging.inbox import AlreadySeen
from functions.shared.messaging.new_objects import NewObject
from tests.files.fakes import FakeFileStore, FakeObjects

PNG = b"\x89PNG\r\n\x1a\n...."
CSV = b"a,b\n"


def small(content: bytes, content_type: str) -> bytes:
    return f"small {content_type} {len(content)}".encode()


def broken(content: bytes, content_type: str) -> bytes:
    raise CannotBeDrawn(f"{content_type} {len(content)}")


@pytest.fixture
def store() -> FakeFileStore:
    return FakeFileStore()


@pytest.fixture
def objects() -> FakeObjects:
    return FakeObjects()


def accepted(store: FakeFileStore, objects: FakeObjects, content: bytes, content_type: str) -> tuple[File, Event]:
    declaration = Declaration(content_type=content_type, size_bytes=len(content))
    file = FileService(store, objects).create(owner="ada", name="x", declaration=declaration)
    key = incoming_key(file.file_id, 1)
    Inspector(store, objects).inspect(NewObject(key=key, object_version=objects.put(key, content)))
    return file, store.events[-1]


def test_an_image_gets_a_thumbnail(store: FakeFileStore, objects: FakeObjects) -> None:
    file, event = accepted(store, objects, PNG, "image/png")

    Thumbnailer(store, objects, draw=small).make(event)

    assert store.get(file.file_id).current.thumbnail == "available"
    assert store.get_version(file.file_id, 1).thumbnail == "available"
    key = thumbnail_key(file.file_id, 1)
    assert (objects.current(key), objects.content_types[key]) == (b"small image/png 12", "image/webp")


def test_an_image_that_cannot_be_drawn_stays_available_without_a_thumbnail(
    store: FakeFileStore, objects: FakeObjects
) -> None:
    file, event = accepted(store, objects, PNG, "image/png")

    Thumbnailer(store, objects, draw=broken).make(event)

    current = store.get(file.file_id).current
    assert (current.state, current.thumbnail) == ("available", "failed")
    assert objects.current(thumbnail_key(file.file_id, 1)) is None


def test_a_file_that_is_not_an_image_gets_no_thumbnail(store: FakeFileStore, objects: FakeObjects) -> None:
    file, event = accepted(store, objects, CSV, "text/csv")

    Thumbnailer(store, objects, draw=small).make(event)

    assert store.get(file.file_id).current.thumbnail == "none"
    assert objects.current(thumbnail_key(file.file_id, 1)) is None


@pytest.mark.parametrize("draw", [small, broken])
def test_an_event_that_comes_twice_is_seen_again(store: FakeFileStore, objects: FakeObjects, draw: object) -> None:
    file, event = accepted(store, objects, PNG, "image/png")
    make = partial(Thumbnailer(store, objects, draw=draw).make, event)  # type: ignore[arg-type]
    make()
    before = store.get(file.file_id)

    with pytest.raises(AlreadySeen):
        make()

    assert store.get(file.file_id) == before


def test_the_thumbnail_of_a_file_that_is_deleted_during_the_drawing_is_removed(
    store: FakeFileStore, objects: FakeObjects
) -> None:
    file, event = accepted(store, objects, PNG, "image/png")

    def deleting(content: bytes, content_type: str) -> bytes:
        FileService(store, objects).delete(file.file_id, restricted_to=None, versions=None)
        return small(content, content_type)

    Thumbnailer(store, objects, draw=deleting).make(event)

    assert objects.current(thumbnail_key(file.file_id, 1)) is None
    assert objects.current(accepted_key(file.file_id, 1)) == PNG
