"""Uploads that are accepted or rejected, and messages that are duplicate, late or lost."""

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.files.domain import Declaration, File, accepted_key, incoming_key
from functions.files.errors import FileNotFound
from functions.files.inspection import Inspector
from functions.files.service import FileService
from functions.shared.messaging.inbox import AlreadySeen
from functions.shared.messaging.new_objects import NewObject
from tests.files.fakes import FakeFileStore, FakeObjects
from tests.tools.contracts.contracts import contract_of

CONTENT = b"a,b\n1,2\n"
DIGEST = hashlib.sha256(CONTENT).hexdigest()


class Setup:
    """A service and an inspector with their store and objects."""

    def __init__(self) -> None:
        self.store, self.objects = FakeFileStore(), FakeObjects()
        self.service = FileService(self.store, self.objects)
        self.inspector = Inspector(self.store, self.objects)

    def created(self, *, content_type: str = "text/csv", size: int = len(CONTENT), checksum: str | None = None) -> File:
        declaration = Declaration(content_type=content_type, size_bytes=size, checksum_sha256=checksum)
        return self.service.create(owner="ada", name="x.csv", declaration=declaration)

    def uploaded(self, file: File, content: bytes = CONTENT, *, number: int = 1) -> NewObject:
        key = incoming_key(file.file_id, number)
        return NewObject(key=key, object_version=self.objects.put(key, content))

    def event_types(self) -> list[str]:
        for event in self.store.events:
            contract_of(event.source, event.type).validate(json.loads(event.to_json()))
        return [event.type for event in self.store.events]


@pytest.fixture
def setup() -> Setup:
    return Setup()


def test_an_upload_as_declared_becomes_available_with_the_checksum_of_its_content(setup: Setup) -> None:
    file = setup.created()

    setup.inspector.inspect(setup.uploaded(file))

    current = setup.store.get(file.file_id).current
    assert (current.state, current.checksum_sha256, current.thumbnail) == ("available", DIGEST, "none")
    assert setup.objects.current(accepted_key(file.file_id, 1)) == CONTENT
    assert setup.objects.current(incoming_key(file.file_id, 1)) is None
    assert setup.event_types() == ["FileUploaded.v1"]
    data = setup.store.events[0].data
    assert (data["key"], data["version_id"]) == (accepted_key(file.file_id, 1), current.object_version)


def test_an_image_waits_for_its_thumbnail(setup: Setup) -> None:
    content = b"\x89PNG\r\n\x1a\n...."
    file = setup.created(content_type="image/png", size=len(content))

    setup.inspector.inspect(setup.uploaded(file, content))

    assert setup.store.get(file.file_id).current.thumbnail == "pending"


@pytest.mark.parametrize(
    ("declared", "content", "reason"),
    [
        ({"content_type": "image/png"}, CONTENT, "not-of-its-type"),
        ({"size": 7}, CONTENT, "size-differs"),
        ({"checksum": "0" * 64}, CONTENT, "checksum-differs"),
        ({"size": 4}, b"\x00\x01\x02\x03", "not-of-its-type"),
    ],
)
def test_an_upload_that_is_not_as_declared_is_rejected_with_the_reason_and_removed(
    setup: Setup, declared: dict[str, object], content: bytes, reason: str
) -> None:
    file = setup.created(**declared)  # type: ignore[arg-type]

    setup.inspector.inspect(setup.uploaded(file, content))

    current = setup.store.get(file.file_id).current
    assert (current.state, current.reason) == ("rejected", reason)
    assert setup.objects.current(accepted_key(file.file_id, 1)) is None
    assert setup.objects.current(incoming_key(file.file_id, 1)) is None
    assert setup.event_types() == ["FileRejected.v1"]


def test_a_message_that_comes_twice_changes_nothing(setup: Setup) -> None:
    file = setup.created()
    upload = setup.uploaded(file)
    setup.inspector.inspect(upload)
    before = setup.store.get(file.file_id)

    with pytest.raises(AlreadySeen):
        setup.inspector.inspect(upload)

    assert setup.store.get(file.file_id) == before
    assert setup.event_types() == ["FileUploaded.v1"]


class Killed(Exception):
    """The function reached its timeout."""


def test_a_rejection_that_ended_before_its_copy_was_removed_is_finished_by_the_next(setup: Setup) -> None:
    file = setup.created(checksum="0" * 64)
    upload = setup.uploaded(file)
    setup.objects.fails_to_remove = Killed
    with pytest.raises(Killed):
        setup.inspector.inspect(upload)
    assert setup.objects.current(accepted_key(file.file_id, 1)) == CONTENT
    setup.objects.fails_to_remove = None

    with pytest.raises(AlreadySeen):
        setup.inspector.inspect(upload)

    assert setup.objects.current(accepted_key(file.file_id, 1)) is None
    assert setup.objects.current(upload.key) is None
    assert setup.event_types() == ["FileRejected.v1"]


def test_an_upload_leaves_no_copy_if_another_upload_of_its_form_is_rejected_first(setup: Setup) -> None:
    file = setup.created()
    good, bad = setup.uploaded(file), setup.uploaded(file, b"\x7fELF....")

    def reject() -> None:
        setup.objects.meanwhile = lambda: None
        setup.inspector.inspect(bad)

    setup.objects.meanwhile = reject

    with pytest.raises(AlreadySeen):
        setup.inspector.inspect(good)

    assert setup.store.get(file.file_id).current.state == "rejected"
    assert setup.objects.current(accepted_key(file.file_id, 1)) is None
    assert setup.objects.current(good.key) is None


def test_a_form_that_is_used_twice_cannot_change_the_accepted_object(setup: Setup) -> None:
    file = setup.created()
    setup.inspector.inspect(setup.uploaded(file))
    accepted = setup.store.get(file.file_id)

    with pytest.raises(AlreadySeen):
        setup.inspector.inspect(setup.uploaded(file, b"x,y\n3,4\n"))

    assert setup.store.get(file.file_id) == accepted
    assert setup.objects.current(accepted_key(file.file_id, 1)) == CONTENT
    assert setup.objects.current(incoming_key(file.file_id, 1)) is None


def test_an_upload_of_a_deleted_file_is_removed(setup: Setup) -> None:
    file = setup.created()
    upload = setup.uploaded(file)
    setup.service.delete(file.file_id, restricted_to=None, versions=None)

    setup.inspector.inspect(upload)

    assert setup.objects.current(upload.key) is None
    assert setup.event_types() == ["FileDeleted.v1"]


@pytest.mark.parametrize("key", ["incoming/x", "incoming/01938b2e-7c4a-7d3f-9a51-4f0c2b6d8e10/0", "incoming/"])
def test_an_object_under_a_key_of_no_form_is_removed(setup: Setup, key: str) -> None:
    setup.inspector.inspect(NewObject(key=key, object_version=setup.objects.put(key, CONTENT)))

    assert setup.objects.current(key) is None


def test_a_file_that_is_deleted_during_its_inspection_leaves_no_object(setup: Setup) -> None:
    file = setup.created()
    upload = setup.uploaded(file)
    setup.objects.meanwhile = lambda: setup.service.delete(file.file_id, restricted_to=None, versions=None)

    setup.inspector.inspect(upload)

    assert setup.objects.current(accepted_key(file.file_id, 1)) is None
    assert setup.objects.current(upload.key) is None


def test_a_delivery_that_ended_after_its_copy_is_finished_by_the_next(setup: Setup) -> None:
    file = setup.created()
    upload = setup.uploaded(file)
    target = accepted_key(file.file_id, 1)
    copied = setup.objects.accept(upload.key, upload.object_version, target=target, content_type="text/csv")

    setup.inspector.inspect(upload)

    assert setup.store.get(file.file_id).current.object_version == copied.object_version
    assert len(setup.objects.kept[target]) == 1


def test_another_version_takes_the_place_of_the_first_once_it_is_available(setup: Setup) -> None:
    file = setup.created()
    setup.inspector.inspect(setup.uploaded(file))
    better = b"a,b\n1,3\n"
    declaration = Declaration(content_type="text/csv", size_bytes=len(better))
    setup.service.add_version(file.file_id, declaration, restricted_to="ada")
    assert setup.store.get(file.file_id).current.number == 1

    setup.inspector.inspect(setup.uploaded(file, better, number=2))

    assert setup.store.get(file.file_id).current.number == 2
    assert setup.store.get_version(file.file_id, 1).state == "available"


def test_an_older_version_that_comes_late_never_takes_the_place_of_a_newer_one(setup: Setup) -> None:
    file = setup.created()
    declaration = Declaration(content_type="text/csv", size_bytes=len(CONTENT))
    setup.service.add_version(file.file_id, declaration, restricted_to="ada")
    setup.inspector.inspect(setup.uploaded(file, number=2))

    setup.inspector.inspect(setup.uploaded(file, number=1))

    assert setup.store.get(file.file_id).current.number == 2
    assert setup.store.get_version(file.file_id, 1).state == "available"


def test_a_rejected_version_leaves_the_available_one_in_its_place(setup: Setup) -> None:
    file = setup.created()
    setup.inspector.inspect(setup.uploaded(file))
    setup.service.add_version(file.file_id, Declaration(content_type="image/png", size_bytes=8), restricted_to="ada")

    setup.inspector.inspect(setup.uploaded(file, number=2))

    assert setup.store.get(file.file_id).current.number == 1
    assert setup.store.get_version(file.file_id, 2).reason == "not-of-its-type"


@given(st.data())
def test_however_uploads_are_delivered_one_of_them_decides_for_good(data: st.DataObject) -> None:
    setup = Setup()
    file = setup.created()
    uploads = [setup.uploaded(file, content) for content in (CONTENT, b"x,y\n3,4\n", b"\x7fELF....")]
    order = data.draw(st.lists(st.sampled_from(uploads), min_size=1, max_size=8))

    for upload in order:
        try:
            setup.inspector.inspect(upload)
        except (AlreadySeen, FileNotFound):
            continue

    decided = setup.store.get(file.file_id).current
    assert decided.state == ("rejected" if order[0] is uploads[2] else "available")
    accepted = setup.objects.current(accepted_key(file.file_id, 1))
    assert accepted == (None if order[0] is uploads[2] else (CONTENT, b"x,y\n3,4\n")[uploads.index(order[0])])
    assert len(setup.event_types()) == 1
