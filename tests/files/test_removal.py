"""The removal of a deleted file."""

from functions.files.domain import Declaration, accepted_key, incoming_key, thumbnail_key
from functions.files.removal import Remover
from functions.files.service import FileService
from tests.files.fakes import FakeFileStore, FakeObjects

CSV = Declaration(content_type="text/csv", size_bytes=4)


def test_every_object_and_version_of_a_deleted_file_goes_however_often_the_event_comes() -> None:
    store, objects = FakeFileStore(), FakeObjects()
    service = FileService(store, objects)
    file = service.create(owner="ada", name="x.csv", declaration=CSV)
    other = service.create(owner="ada", name="y.csv", declaration=CSV)
    service.add_version(file.file_id, CSV, restricted_to="ada")
    keys = [make(file.file_id, number) for make in (incoming_key, accepted_key, thumbnail_key) for number in (1, 2)]
    for key in [*keys, accepted_key(other.file_id, 1)]:
        objects.put(key, b"a,b\n")
    service.delete(file.file_id, restricted_to="ada", versions=None)

    for _ in range(2):
        Remover(store, objects).remove(store.events[-1])

    assert [objects.current(key) for key in keys] == [None] * 6
    assert store.versions.keys() == {(other.file_id, 1)}
    assert objects.current(accepted_key(other.file_id, 1)) == b"a,b\n"
