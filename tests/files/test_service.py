"""The use cases of files."""

import json

import pytest

from functions.files.domain import AcceptedObject, Declaration, File, accept
from functions.files.errors import FileNotFound, StaleFile, TooManyVersions
from functions.files.service import VERSIONS_MAX, FileService
from functions.shared.errors import Unavailable
from functions.shared.messaging.events import Event
from functions.shared.optimistic_locking import CHANGE_ATTEMPTS
from tests.files.fakes import FakeFileStore, FakeObjects
from tests.tools.contracts.contracts import contract_of

CSV = Declaration(content_type="text/csv", size_bytes=4)
STORED = AcceptedObject(bucket="files", key="files/1", object_version="v1", checksum_sha256="ab" * 32)


class ContendedStore(FakeFileStore):
    """A store with another change before each of the first `times` removals."""

    def __init__(self, *, times: int) -> None:
        super().__init__()
        self.times = times

    def remove(self, file: File, event: Event) -> None:
        if self.times:
            self.times -= 1
            raise StaleFile
        super().remove(file, event)


@pytest.fixture
def store() -> FakeFileStore:
    return FakeFileStore()


@pytest.fixture
def service(store: FakeFileStore) -> FileService:
    return FileService(store, FakeObjects())


def created(service: FileService, *, owner: str = "ada") -> File:
    return service.create(owner=owner, name="x.csv", declaration=CSV)


def available(service: FileService, store: FakeFileStore) -> File:
    file = created(service)
    after, version, event = accept(file, file.current, STORED)
    store.replace(file, after, version, event)
    return after


def test_a_file_of_another_owner_is_not_found(service: FileService) -> None:
    file = created(service)

    assert service.get(file.file_id, restricted_to="ada") == service.get(file.file_id, restricted_to=None) == file
    for attempt in (
        lambda: service.get(file.file_id, restricted_to="bob"),
        lambda: service.get_version(file.file_id, 1, restricted_to="bob"),
        lambda: service.list_versions(file.file_id, restricted_to="bob", limit=1, after=None),
        lambda: service.add_version(file.file_id, CSV, restricted_to="bob"),
        lambda: service.delete(file.file_id, restricted_to="bob", versions=None),
    ):
        with pytest.raises(FileNotFound):
            attempt()
    assert service.get(file.file_id, restricted_to="ada") == file


@pytest.mark.parametrize("file_id", ["nope", "", "../x", "01938b2e-7c4a-7d3f-9a51-4f0c2b6d8e10"])
def test_an_unknown_id_is_not_found(service: FileService, file_id: str) -> None:
    with pytest.raises(FileNotFound):
        service.get(file_id, restricted_to=None)


def test_the_event_of_a_deletion_fits_its_contract(service: FileService, store: FakeFileStore) -> None:
    file = created(service)
    service.add_version(file.file_id, CSV, restricted_to="ada")

    service.delete(file.file_id, restricted_to="ada", versions=None)

    [event] = store.events
    contract_of(event.source, event.type).validate(json.loads(event.to_json()))
    assert event.data == {"file_id": file.file_id, "owner": "ada", "versions": 2}
    assert event.sequence == 3


def test_a_deletion_at_a_stale_version_is_refused(service: FileService) -> None:
    file = created(service)

    with pytest.raises(StaleFile):
        service.delete(file.file_id, restricted_to="ada", versions=frozenset({7}))
    service.delete(file.file_id, restricted_to="ada", versions=frozenset({1, 7}))

    with pytest.raises(FileNotFound):
        service.get(file.file_id, restricted_to="ada")


def test_a_deletion_is_retried_while_others_change_the_file_but_not_forever() -> None:
    store = ContendedStore(times=CHANGE_ATTEMPTS - 1)
    service = FileService(store, FakeObjects())
    service.delete(created(service).file_id, restricted_to=None, versions=None)
    assert not store.files

    store.times = CHANGE_ATTEMPTS
    with pytest.raises(Unavailable):
        service.delete(created(service).file_id, restricted_to=None, versions=None)


def test_a_file_has_a_bounded_number_of_versions(service: FileService) -> None:
    file = created(service)
    for _ in range(VERSIONS_MAX - 1):
        service.add_version(file.file_id, CSV, restricted_to="ada")

    with pytest.raises(TooManyVersions):
        service.add_version(file.file_id, CSV, restricted_to="ada")


def test_an_available_file_stays_available_while_another_version_is_pending(
    service: FileService, store: FakeFileStore
) -> None:
    file = available(service, store)

    after, version = service.add_version(file.file_id, CSV, restricted_to="ada")

    assert (after.current, after.latest, after.version) == (file.current, 2, 3)
    assert (version.number, version.state) == (2, "pending")


def test_versions_are_listed_newest_first_in_pages(service: FileService) -> None:
    file = created(service)
    for _ in range(4):
        service.add_version(file.file_id, CSV, restricted_to="ada")

    seen, position = [], None
    for _ in range(3):
        page = service.list_versions(file.file_id, restricted_to="ada", limit=2, after=position)
        seen.append([version.number for version in page.items])
        position = page.next_position

    assert (seen, position) == ([[5, 4], [3, 2], [1]], None)


def test_the_signed_requests_of_a_version_depend_on_its_state(service: FileService, store: FakeFileStore) -> None:
    pending, ready = created(service), available(service, store)

    form = service.upload_form(pending, pending.current)
    assert form
    assert form.fields["key"] == f"incoming/{pending.file_id}/1"
    assert service.download_url(pending, pending.current) is None
    assert service.upload_form(ready, ready.current) is None
    url = service.download_url(ready, ready.current)
    assert url
    assert url.startswith(f"https://s3.test/files/{ready.file_id}/1?versionId=v1")
    assert service.thumbnail_url(ready, ready.current) is None


def test_versions_whose_uploads_never_came_are_counted_until_they_expire() -> None:
    store = FakeFileStore()
    service = FileService(store, FakeObjects())
    file = service.create(owner="ada", name="x.csv", declaration=CSV)
    service.add_version(file.file_id, CSV, restricted_to="ada")
    assert store.get(file.file_id).stored_bytes == 2 * CSV.size_bytes

    store.forget_version(file.file_id, 2)
    after, _ = service.add_version(file.file_id, CSV, restricted_to="ada")

    assert after.stored_bytes == 2 * CSV.size_bytes
