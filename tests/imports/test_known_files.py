"""An import reads the current version of a file, in whatever order the events of the file arrive."""

from hypothesis import given
from hypothesis import strategies as st

from functions.files.domain import (
    AcceptedObject,
    Declaration,
    accept,
    accepted_key,
    add_version,
    create_file,
    deletion_event,
)
from functions.imports.service import ImportService
from functions.shared.messaging.events import Event
from tests.imports.fakes import FakeImportObjects, FakeImportStore

DECLARED = Declaration(content_type="text/csv", size_bytes=1)


@given(data=st.data(), versions=st.integers(1, 4), deleted=st.booleans())
def test_the_current_version_is_known_in_whatever_order_versions_become_available_and_events_arrive(
    data: st.DataObject, versions: int, *, deleted: bool
) -> None:
    store = FakeImportStore()
    service = ImportService(store, FakeImportObjects())
    file = create_file(owner="alice", name="people.csv", declaration=DECLARED)
    pending = [file.current]
    for _ in range(versions - 1):
        file, added = add_version(file, DECLARED, others=pending)
        pending.append(added)
    events: list[Event] = []
    for version in data.draw(st.permutations(pending)):
        key = accepted_key(file.file_id, version.number)
        stored = AcceptedObject(bucket="files", key=key, object_version=f"v{version.number}", checksum_sha256="0" * 64)
        file, _, event = accept(file, version, stored)
        events.append(event)
    if deleted:
        events.append(deletion_event(file))

    for event in data.draw(st.permutations([*events, *events])):
        service.consume(event)

    found = store.find_file(file.file_id)
    assert (found and found.version_id) == (None if deleted else f"v{file.current.number}")
