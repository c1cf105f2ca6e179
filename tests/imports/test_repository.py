"""The contract of `ImportStore`, for the fake and for the repository in DynamoDB."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import boto3
import pytest

from functions.imports.domain import (
    FileVersion,
    Import,
    RejectsUpload,
    Tally,
    conclude,
    continue_reading,
    continue_rejects_upload,
    finish,
    record_chunk,
    request_import,
)
from functions.imports.errors import ImportNotFound, ImportRunning, ImportStarted
from functions.imports.parsing.chunks import Chunk
from functions.imports.parsing.columns import Columns
from functions.imports.parsing.encodings import Encoding
from functions.imports.parsing.lines import Position
from functions.imports.parsing.rows import Accepted, Checkpoint, Reject
from functions.imports.ports import ImportStore
from functions.imports.repository import ImportRepository
from functions.shared.errors import StaleVersion
from functions.shared.messaging.inbox import AlreadySeen
from tests.imports.fakes import FakeImportStore
from tests.imports.files import csv_layout, ndjson_layout
from tests.newer_release import BESIDE_A_NEWER_RELEASE

FILE = FileVersion(
    file_id="01938b2e-ac4a-7d3f-9a51-4f0c2b6d8e10",
    owner="alice",
    key="files/x/1",
    version_id="v1",
    size_bytes=7,
    content_type="text/csv",
)

CHECKPOINT = Checkpoint(Position(700, 8), Encoding("utf-16-le"), Columns(3, 3, {"email": 2, "name": 0}, ";"))


@pytest.fixture(params=["fake", "dynamodb", BESIDE_A_NEWER_RELEASE])
def store(request: pytest.FixtureRequest) -> ImportStore:
    if request.param == "fake":
        return FakeImportStore()
    make_table: Callable[[str], None] = request.getfixturevalue("make_table")
    make_table("imports")
    return ImportRepository()


def added(store: ImportStore, *, file: FileVersion = FILE) -> Import:
    import_, events = request_import(layout=csv_layout(), file=file)
    store.add(import_, events)
    return store.get(import_.import_id)


def test_an_import_is_read_back_whole(store: ImportStore) -> None:
    import_ = added(store)
    assert store.get(import_.import_id) == import_

    chunk = Chunk(CHECKPOINT, [Accepted(2, {"email": "ada@example.com"})], [Reject(3, None, "too_few_fields")])
    after, events = record_chunk(import_, chunk)
    store.replace(import_, after, events, rejects=chunk.rejected)

    assert store.get(import_.import_id) == after


def test_the_progress_of_the_rejects_file_is_read_back(store: ImportStore) -> None:
    import_ = added(store)
    after, events = continue_rejects_upload(import_, RejectsUpload(upload_id="u1", tags=('"a"', '"b"'), chunks=300))

    store.replace(import_, after, events)

    assert store.get(import_.import_id) == after


def test_an_import_that_was_never_added_is_not_found(store: ImportStore) -> None:
    with pytest.raises(ImportNotFound):
        store.get("01938b2e-7c4a-7d3f-9a51-4f0c2b6d8e10")


def test_a_change_of_an_older_version_is_stale(store: ImportStore) -> None:
    import_ = added(store)
    store.replace(import_, *continue_reading(import_))

    with pytest.raises(StaleVersion):
        store.replace(import_, *finish(import_))

    assert store.get(import_.import_id).status == "reading"


def test_a_write_is_repeated_without_effect_after_its_response_was_lost(store: ImportStore) -> None:
    import_, events = request_import(layout=csv_layout(), file=FILE)
    store.add(import_, events)
    store.add(import_, events)
    import_ = store.get(import_.import_id)
    chunk = Chunk(CHECKPOINT, [Accepted(2, {"email": "ada@example.com"})], [Reject(3, None, "too_few_fields")])
    after, events = record_chunk(import_, chunk)

    for _ in range(2):
        store.replace(import_, after, events, rejects=chunk.rejected)

    assert store.get(import_.import_id) == after
    with pytest.raises(StaleVersion):
        store.replace(import_, *continue_reading(import_))


def test_a_request_adds_one_import_whether_that_still_runs_or_is_over(store: ImportStore) -> None:
    first, events = request_import(layout=csv_layout(), file=FILE)
    store.add(first, events, request_token="t1")

    def again() -> str:
        with pytest.raises(ImportStarted) as started:
            store.add(*request_import(layout=csv_layout(), file=FILE), request_token="t1")
        return started.value.import_id

    assert again() == first.import_id
    store.add(first, events, request_token="t1")
    finished, events = finish(first)
    store.replace(first, finished, events)
    store.replace(finished, *conclude(finished, tally=Tally(), rejects_key=None))
    assert again() == first.import_id
    assert store.list_page(restricted_to=None, limit=10, after=None).items == [store.get(first.import_id)]
    other, events = request_import(layout=csv_layout(), file=FILE)
    store.add(other, events, request_token="t2")
    assert store.get(other.import_id) == other


def test_the_same_import_runs_once_at_a_time(store: ImportStore) -> None:
    running = added(store)

    with pytest.raises(ImportRunning) as refused:
        added(store)

    assert refused.value.import_id == running.import_id
    store.replace(running, *conclude(replace(running, outcome="cancelled"), tally=Tally(), rejects_key=None))
    added(store)


def test_an_import_that_never_ended_blocks_others_only_until_its_lock_expires(store: ImportStore) -> None:
    long_ago = datetime.now(UTC) - timedelta(days=22)
    lost, events = request_import(layout=csv_layout(), file=FILE)
    lost = replace(lost, created_at=long_ago)
    store.add(lost, events)

    second = added(store)

    # The first import ends late, and does not release the lock of the second one.
    store.replace(lost, *conclude(lost, tally=Tally(), rejects_key=None))
    with pytest.raises(ImportRunning) as refused:
        added(store)
    assert refused.value.import_id == second.import_id


def test_another_version_or_layout_is_another_import(store: ImportStore) -> None:
    added(store)
    added(store, file=replace(FILE, version_id="v2"))
    store.add(*request_import(layout=ndjson_layout(), file=FILE))


def test_a_chunk_is_counted_once(store: ImportStore) -> None:
    counts = Tally(chunks=1, written=3, rejected=1, skipped=2)
    assert store.get_tally("import") == Tally()
    store.add_to_tally("import", 0, counts, rejects=[])

    with pytest.raises(AlreadySeen):
        store.add_to_tally("import", 0, counts, rejects=[])
    store.add_to_tally("import", 1, counts, rejects=[])

    assert store.get_tally("import") == Tally(chunks=2, written=6, rejected=2, skipped=4)


def test_rejects_are_read_in_the_order_of_their_lines(store: ImportStore) -> None:
    import_ = added(store)
    unreadable = {chunk: Reject(10 * chunk + 2, None, "too_few_fields") for chunk in range(120)}
    for chunk in range(120):
        cut = Chunk(CHECKPOINT, [Accepted(1, {})], [unreadable[chunk]])
        after, _ = record_chunk(import_, cut)
        store.replace(import_, after, [], rejects=cut.rejected)
        import_ = store.get(import_.import_id)
    counts = Tally(chunks=1, rejected=1)
    for chunk in (119, 0, 60):
        store.add_to_tally(
            import_.import_id,
            chunk,
            counts,
            rejects=[Reject(10 * chunk + 3, "email", "taken"), Reject(10 * chunk, "name", "too_long")],
        )

    found = list(store.rejects(import_.import_id, range(120)))

    assert [reject.line for reject in found] == sorted(reject.line for reject in found)
    assert len(found) == 126
    assert found == [
        *store.rejects(import_.import_id, range(70)),
        *store.rejects(import_.import_id, range(70, 120)),
    ]
    assert found[:3] == [Reject(0, "name", "too_long"), unreadable[0], Reject(3, "email", "taken")]


def test_the_version_with_the_greatest_number_is_known_however_late_the_others_arrive(store: ImportStore) -> None:
    second, third = (replace(FILE, version_id=f"v{number}") for number in (2, 3))
    store.keep_file(second, number=2)
    store.keep_file(FILE, number=1)
    assert store.find_file(FILE.file_id) == second
    store.keep_file(third, number=3)
    store.keep_file(second, number=2)

    assert store.find_file(FILE.file_id) == third
    assert store.find_file("another") is None


def test_a_deleted_file_stays_deleted_whatever_events_still_arrive(store: ImportStore) -> None:
    store.forget_file(FILE.file_id)
    store.keep_file(FILE, number=1)
    assert store.find_file(FILE.file_id) is None

    other = replace(FILE, file_id="another")
    store.keep_file(other, number=1)
    store.forget_file("another")
    store.forget_file("another")
    store.keep_file(other, number=2)

    assert store.find_file("another") is None


def test_imports_are_listed_newest_first_in_pages(store: ImportStore) -> None:
    mine = sorted(
        (added(store, file=replace(FILE, version_id=str(number))).import_id for number in range(5)), reverse=True
    )
    other = added(store, file=replace(FILE, owner="bob"))

    first = store.list_page(restricted_to="alice", limit=3, after=None)
    second = store.list_page(restricted_to="alice", limit=3, after=first.next_position)

    assert [one.import_id for one in [*first.items, *second.items]] == mine
    assert second.next_position is None
    all_ids = [one.import_id for one in store.list_page(restricted_to=None, limit=10, after=None).items]
    assert all_ids == sorted([*mine, other.import_id], reverse=True)


def test_an_import_that_is_over_leaves_neither_lock_nor_tally(make_table: Callable[[str], None]) -> None:
    make_table("imports")
    store = ImportRepository()
    import_ = added(store)
    store.add_to_tally(import_.import_id, 0, Tally(chunks=1), rejects=[])

    after, events = conclude(import_, tally=Tally(chunks=1), rejects_key=None)
    store.replace(import_, after, events)

    kinds = sorted(
        item["pk"]["S"].partition("#")[0] for item in boto3.client("dynamodb").scan(TableName="imports")["Items"]
    )
    assert kinds == ["CHUNK", "IMPORT", "OUTBOX", "OUTBOX"]
