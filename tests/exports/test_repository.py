"""The contract of `ExportStore`, for the fake and for the repository in DynamoDB."""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import boto3
import pytest

from functions.exports.domain import Export, Part, cancel, complete, fail, record_part, request_export
from functions.exports.errors import ExportNotFound, ExportStarted, TooManyExports
from functions.exports.ports import ExportStore
from functions.exports.repository import ExportItem, ExportQuotaItem, ExportRepository
from functions.shared.aws.quotas import SETTLED_MS
from functions.shared.errors import StaleVersion
from functions.shared.http.idempotency import KEPT_S
from functions.shared.http.request_item import REQUEST_KEPT_S
from tests.exports.fakes import FakeExportStore
from tests.newer_release import BESIDE_A_NEWER_RELEASE

PER_OWNER = 12


@pytest.fixture(params=["fake", "dynamodb", BESIDE_A_NEWER_RELEASE])
def store(request: pytest.FixtureRequest) -> ExportStore:
    return (
        FakeExportStore(exports_per_owner=PER_OWNER)
        if request.param == "fake"
        else request.getfixturevalue("repository")
    )


@pytest.fixture
def repository(make_table: Callable[[str], None]) -> ExportRepository:
    make_table("exports")
    return ExportRepository(exports_per_owner=PER_OWNER)


def added(store: ExportStore, *, restricted_to: str | None = None) -> Export:
    export, event = request_export(source="users", owner="ada", restricted_to=restricted_to)
    store.add(export, event)
    return store.get(export.export_id)


def test_an_export_is_read_back_whole(store: ExportStore) -> None:
    export = added(store, restricted_to="ada")
    assert store.get(export.export_id) == export

    for part in (Part(rows=3, size_bytes=70, next_position="x"), Part(rows=0, size_bytes=0, next_position=None)):
        after, event = record_part(export, part)
        store.replace(export, after, event)
        assert store.get(export.export_id) == after
        export = after
    failed, event = fail(export, "too_slow")
    store.replace(export, failed, event)

    assert store.get(export.export_id) == failed


def test_a_request_adds_one_export(store: ExportStore) -> None:
    first, event = request_export(source="users", owner="ada", restricted_to=None)
    store.add(first, event, request_token="t1")
    second, event = request_export(source="users", owner="ada", restricted_to=None)

    with pytest.raises(ExportStarted) as started:
        store.add(second, event, request_token="t1")

    assert started.value.export_id == first.export_id
    assert store.list_page(restricted_to=None, limit=10, after=None).items == [first]
    store.add(second, event, request_token="t2")
    assert store.get(second.export_id) == second


def test_a_request_token_expires_after_a_day(repository: ExportRepository, monkeypatch: pytest.MonkeyPatch) -> None:
    assert REQUEST_KEPT_S == KEPT_S
    export, event = request_export(source="users", owner="ada", restricted_to=None)
    yesterday = time.time() - KEPT_S - 1
    with monkeypatch.context() as then:
        then.setattr(time, "time", lambda: yesterday)
        repository.add(export, event, request_token="t1")

    repository.add(*request_export(source="users", owner="ada", restricted_to=None), request_token="t1")

    assert len(repository.list_page(restricted_to=None, limit=10, after=None).items) == 2


def test_an_export_that_was_never_added_is_not_found(store: ExportStore) -> None:
    with pytest.raises(ExportNotFound):
        store.get("01938b2e-7c4a-7d3f-9a51-4f0c2b6d8e10")


def test_a_change_of_an_older_version_is_stale(store: ExportStore) -> None:
    export = added(store)
    store.replace(export, *complete(export))

    with pytest.raises(StaleVersion):
        store.replace(export, *cancel(export))

    assert store.get(export.export_id).status == "available"


def test_all_exports_are_listed_newest_first_in_pages(store: ExportStore) -> None:
    ids = sorted(added(store, restricted_to="ada" if number % 2 else None).export_id for number in range(5))[::-1]

    first = store.list_page(restricted_to=None, limit=3, after=None)
    second = store.list_page(restricted_to=None, limit=3, after=first.next_position)

    assert [export.export_id for export in [*first.items, *second.items]] == ids
    assert second.next_position is None


def test_only_exports_restricted_to_an_owner_are_listed_for_the_owner(store: ExportStore) -> None:
    added(store)
    added(store, restricted_to="grace")
    mine = added(store, restricted_to="ada")

    page = store.list_page(restricted_to="ada", limit=10, after=None)

    assert page.items == [mine]


def test_an_expired_export_is_not_found_even_if_its_item_still_exists(repository: ExportRepository) -> None:
    export, event = request_export(source="users", owner="ada", restricted_to=None)
    repository.add(replace(export, expires_at=datetime.now(UTC) - timedelta(seconds=2)), event)

    with pytest.raises(ExportNotFound):
        repository.get(export.export_id)
    assert repository.list_page(restricted_to=None, limit=10, after=None).items == []


def test_an_item_expires_with_its_export(repository: ExportRepository) -> None:
    export = added(repository)

    items = boto3.client("dynamodb").scan(TableName="exports")["Items"]

    [item] = [item for item in items if item["pk"]["S"].startswith("EXPORT#")]
    assert int(item["expires_at"]["N"]) == export.expires_at.timestamp()


def test_an_owner_requests_as_many_exports_as_the_quota_allows(store: ExportStore) -> None:
    first, event = request_export(source="users", owner="ada", restricted_to=None)
    store.add(first, event, request_token="t1")
    for _ in range(PER_OWNER - 1):
        added(store, restricted_to="ada")

    with pytest.raises(TooManyExports, match="12 exports"):
        added(store)
    with pytest.raises(ExportStarted):
        store.add(first, event, request_token="t1")
    other, event = request_export(source="users", owner="bob", restricted_to=None)
    store.add(other, event)


def test_an_export_that_failed_or_expired_leaves_room_for_another(repository: ExportRepository) -> None:
    exports = [added(repository) for _ in range(PER_OWNER)]
    repository.replace(exports[0], *fail(exports[0], "too_slow"))
    ExportItem(f"EXPORT#{exports[1].export_id}").update(actions=[ExportItem.expires_at.set(1)])
    ExportQuotaItem("QUOTA#ada").update(
        actions=[ExportQuotaItem.changed_at_ms.set(ExportQuotaItem.changed_at_ms - SETTLED_MS)]
    )

    added(repository)
    added(repository)

    with pytest.raises(TooManyExports):
        added(repository)
