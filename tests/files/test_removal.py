"""What follows the deletion of a file."""

from functions.files.domain import Declared, accepted_key, incoming_key, thumbnail_key
from functions.files.removal import Removal
from functions.files.service import FileService
from tests.files.fakes import FakeFileStore, FakeObjects

CSV = Declared(content_type="text/csv", size_bytes=4)


def test_every_object_and_version_of_a_deleted_file_goes_however_often_the_event_comes() -> None:
    store, objects = FakeFileStore(), FakeObjects()
    service = FileService(store, objects)
    file = service.create(owner="ada", name="x.csv", declared=CSV)
    other = service.create(owner="ada", name="y.csv", declared=CSV)
    service.add_version(file.file_id, CSV, owner="ada")
    keys = [make(file.file_id, number) for make in (incoming_key, accepted_key, thumbnail_key) for number in (1, 2)]
    for key in [*keys, accepted_key(other.file_id, 1)]:
        objects.put(key, b"a,b\n")
    service.delete(file.file_id, owner="ada", versions=None)

    for _ in range(2):
        Removal(store, objects).remove(store.events[-1])

    assert [objects.current(key) for key in keys] == [None] * 6
    assert store.versions.keys() == {(other.file_id, 1)}
    assert objects.current(accepted_key(other.file_id, 1)) == b"a,b\n"
