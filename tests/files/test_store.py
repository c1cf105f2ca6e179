"""One contract of the `FileStore`, for the fake and for the repository on DynamoDB."""

import json
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from functions.files.domain import (
    PENDING_KEPT,
    REJECTED_KEPT,
    AcceptedObject,
    Declaration,
    File,
    accept,
    add_version,
    create_file,
    deletion_event,
    reject,
)
from functions.files.errors import FileNotFound, StaleFile, StorageFull, TooManyFiles
from functions.files.ports import FileStore
from functions.files.repository import FileRepository
from functions.shared.aws.quotas import SETTLED_MS, Usage
from tests.files.fakes import FakeFileStore
from tests.newer_release import BESIDE_A_NEWER_RELEASE

CSV = Declaration(content_type="text/csv", size_bytes=4, checksum_sha256="ab" * 32)
AT_MOST = Usage(items=50, size_bytes=250)
STORED = AcceptedObject(bucket="files", key="files/1", object_version="v1", checksum_sha256="ab" * 32)


@pytest.fixture(params=["fake", "dynamodb", BESIDE_A_NEWER_RELEASE])
def store(request: pytest.FixtureRequest) -> FileStore:
    return FakeFileStore(at_most=AT_MOST) if request.param == "fake" else request.getfixturevalue("repository")


@pytest.fixture
def repository(make_table: Callable[[str], None]) -> FileRepository:
    make_table("files")
    return FileRepository(at_most=AT_MOST)


def added(store: FileStore, *, owner: str = "ada") -> File:
    file = create_file(owner=owner, name="Größen.csv", declaration=CSV)
    store.add(file)
    return store.get(file.file_id)


def item(key: str) -> Any:
    return boto3.client("dynamodb").get_item(TableName="files", Key={"pk": {"S": key}})["Item"]


def test_an_added_file_and_its_version_are_returned_unchanged(store: FileStore) -> None:
    file = added(store)

    assert store.get(file.file_id) == file
    assert store.get_version(file.file_id, 1) == file.current


def test_an_unknown_file_is_not_found(store: FileStore) -> None:
    with pytest.raises(FileNotFound):
        store.get("01938b2e-7c4a-7d3f-9a51-4f0c2b6d8e10")
    with pytest.raises(FileNotFound):
        store.get_version("01938b2e-7c4a-7d3f-9a51-4f0c2b6d8e10", 1)


def test_a_change_stores_file_and_version(store: FileStore) -> None:
    file = added(store)
    after, version, event = accept(file, file.current, STORED)

    store.replace(file, after, version, event)

    assert store.get(file.file_id) == after
    assert store.get_version(file.file_id, 1) == version


def test_a_change_of_a_stale_version_is_refused_and_stores_nothing(store: FileStore) -> None:
    file = added(store)
    changed, second = add_version(file, CSV, others=[file.current])
    store.replace(file, changed, second)
    after, version, event = accept(file, file.current, STORED)

    with pytest.raises(StaleFile):
        store.replace(file, after, version, event)

    assert store.get(file.file_id) == changed
    assert store.get_version(file.file_id, 1) == file.current


def test_a_change_of_a_deleted_file_is_refused(store: FileStore) -> None:
    file = added(store)
    store.remove(file, deletion_event(file))
    after, version, event = accept(file, file.current, STORED)

    with pytest.raises(StaleFile):
        store.replace(file, after, version, event)
    with pytest.raises(StaleFile):
        store.remove(file, deletion_event(file))
    with pytest.raises(FileNotFound):
        store.get(file.file_id)


def test_a_removed_file_is_gone_and_its_versions_when_they_are_forgotten(store: FileStore) -> None:
    file = added(store)

    store.remove(file, deletion_event(file))
    store.forget_version(file.file_id, 1)
    store.forget_version(file.file_id, 1)

    with pytest.raises(FileNotFound):
        store.get_version(file.file_id, 1)


def test_existing_versions_are_returned_in_the_requested_order(store: FileStore) -> None:
    file = added(store)
    after, second = add_version(file, CSV, others=[file.current])
    store.replace(file, after, second)

    assert store.get_versions(file.file_id, [3, 2, 1]) == [second, file.current]


@pytest.mark.parametrize("owner", ["ada", None])
def test_files_are_listed_by_owner_or_all_in_pages(store: FileStore, owner: str | None) -> None:
    files = sorted((added(store) for _ in range(5)), key=lambda file: file.file_id)
    if owner:
        added(store, owner="bob")

    first = store.list_page(restricted_to=owner, limit=3, after=None)
    second = store.list_page(restricted_to=owner, limit=3, after=first.next_position)

    assert [*first.items, *second.items] == files
    assert second.next_position is None
    assert store.list_page(restricted_to="stranger", limit=3, after=None).items == []


def test_the_event_of_a_change_is_in_the_outbox(repository: FileRepository) -> None:
    file = added(repository)
    after, version, event = accept(file, file.current, STORED)
    repository.replace(file, after, version, event)

    assert json.loads(item(f"OUTBOX#{event.event_id}")["envelope"]["S"]) == event.envelope()


def test_pending_and_rejected_versions_expire_and_available_ones_do_not(repository: FileRepository) -> None:
    now = time.time()
    pending, rejected, available = (added(repository) for _ in range(3))
    repository.replace(rejected, *reject(rejected, rejected.current, "size-differs"))
    repository.replace(available, *accept(available, available.current, STORED))

    for file, kept in ((pending, PENDING_KEPT), (rejected, REJECTED_KEPT)):
        for key in (f"FILE#{file.file_id}", f"VERSION#{file.file_id}#1"):
            assert int(item(key)["expires_at"]["N"]) == pytest.approx(now + kept.total_seconds(), abs=60)
    assert "expires_at" not in item(f"FILE#{available.file_id}")
    assert "expires_at" not in item(f"VERSION#{available.file_id}#1")


def test_an_expired_file_is_not_found_before_dynamodb_removes_it(repository: FileRepository) -> None:
    file = create_file(owner="ada", name="x.csv", declaration=CSV)
    long_ago = datetime.now(UTC) - PENDING_KEPT - timedelta(hours=1)
    repository.add(replace(file, updated_at=long_ago))

    with pytest.raises(FileNotFound):
        repository.get(file.file_id)
    with pytest.raises(FileNotFound):
        repository.get_version(file.file_id, 1)
    assert repository.get_versions(file.file_id, [1]) == []
    assert repository.list_page(restricted_to="ada", limit=3, after=None).items == []


def test_an_owner_has_as_many_files_as_the_quota_allows(store: FileStore) -> None:
    first, *_ = [added(store) for _ in range(AT_MOST.items)]

    with pytest.raises(TooManyFiles, match="50 files"):
        added(store)
    added(store, owner="bob")
    store.remove(first, deletion_event(first))
    added(store)
    with pytest.raises(TooManyFiles):
        added(store)


def test_an_owner_stores_as_many_bytes_as_the_quota_allows(store: FileStore) -> None:
    file = added(store)
    large = replace(CSV, size_bytes=AT_MOST.size_bytes - CSV.size_bytes)
    after, version = add_version(file, large, others=[file.current])
    store.replace(file, after, version)

    with pytest.raises(StorageFull, match="250 bytes"):
        added(store)
    more, third = add_version(after, CSV, others=[file.current, version])
    with pytest.raises(StorageFull):
        store.replace(after, more, third)
    assert store.get(file.file_id) == after
    store.remove(after, deletion_event(after))
    added(store)


def test_bytes_of_a_rejected_version_are_free_after_the_next_count(repository: FileRepository) -> None:
    file = create_file(owner="ada", name="x", declaration=replace(CSV, size_bytes=AT_MOST.size_bytes))
    repository.add(file)
    repository.replace(file, *reject(file, file.current, "size-differs"))

    with pytest.raises(StorageFull):
        added(repository)
    boto3.client("dynamodb").update_item(
        TableName="files",
        Key={"pk": {"S": "QUOTA#ada"}},
        UpdateExpression="ADD changed_at_ms :earlier",
        ExpressionAttributeValues={":earlier": {"N": str(-SETTLED_MS)}},
    )
    added(repository)


def test_a_file_from_before_there_were_quotas_counts_with_its_current_version(repository: FileRepository) -> None:
    file = create_file(owner="ada", name="x", declaration=replace(CSV, size_bytes=AT_MOST.size_bytes))
    FileRepository().add(file)
    table = boto3.client("dynamodb")
    table.update_item(
        TableName="files", Key={"pk": {"S": f"FILE#{file.file_id}"}}, UpdateExpression="REMOVE stored_bytes"
    )
    table.delete_item(TableName="files", Key={"pk": {"S": "QUOTA#ada"}})

    assert repository.get(file.file_id) == file
    with pytest.raises(StorageFull):
        added(repository)
