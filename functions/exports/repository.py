"""The `ExportStore` in DynamoDB. The items are described in docs/data-model.md."""

import os
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, cast

from pynamodb.attributes import JSONAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import DoesNotExist
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex
from pynamodb.models import Model
from pynamodb.transactions import TransactWrite

from functions.exports.domain import Export, Source, Status
from functions.exports.errors import ExportNotFound, ExportStarted, TooManyExports
from functions.shared.aws.dynamodb import ConditionFailed, TableMeta, changes_between, commit, translated_errors
from functions.shared.aws.quotas import UNBOUNDED, Quota, QuotaExceeded, QuotaItem, Usage
from functions.shared.correlation import Correlation
from functions.shared.documents import over
from functions.shared.errors import StaleVersion
from functions.shared.http.pages import Page
from functions.shared.http.request_item import RequestItem
from functions.shared.messaging.events import Event
from functions.shared.messaging.outbox import OutboxItem

if TYPE_CHECKING:
    from functions.exports.ports import ExportStore

KIND = "export"
# Attributes of an export that no index or condition needs.
DETAILS = ("parts", "empty_end", "rows", "size_bytes", "reason")
# Position of the request item in the transaction that adds an export.
_REQUEST = 2


class _Table(TableMeta):
    table_name = os.environ.get("TABLE_NAME", "exports")


class _ByMember(GlobalSecondaryIndex["ExportItem"]):  # type: ignore[no-untyped-call] # PynamoDB types no __init_subclass__
    """The exports restricted to one owner, sorted by id; exports of all data are not in this index."""

    class Meta(_Table):
        index_name = "by_member"
        projection = AllProjection()

    restricted_to = UnicodeAttribute(hash_key=True)
    export_id = UnicodeAttribute(range_key=True)


class _ByOwner(GlobalSecondaryIndex["ExportItem"]):  # type: ignore[no-untyped-call] # see above
    """The exports that an owner has requested, for the quota."""

    class Meta(_Table):
        index_name = "by_owner"
        projection = AllProjection()

    owner = UnicodeAttribute(hash_key=True)
    export_id = UnicodeAttribute(range_key=True)


class _ByKind(GlobalSecondaryIndex["ExportItem"]):  # type: ignore[no-untyped-call] # see above
    """All exports, sorted by id, which is the order of creation."""

    class Meta(_Table):
        index_name = "by_kind"
        projection = AllProjection()

    kind = UnicodeAttribute(hash_key=True)
    export_id = UnicodeAttribute(range_key=True)


class ExportItem(Model):
    """An export: `pk = EXPORT#<export_id>`."""

    class Meta(_Table):
        pass

    pk = UnicodeAttribute(hash_key=True)
    kind = UnicodeAttribute(default=KIND)
    export_id = UnicodeAttribute()
    source = UnicodeAttribute()
    owner = UnicodeAttribute()
    restricted_to = UnicodeAttribute(null=True)
    status = UnicodeAttribute()
    version = NumberAttribute()
    details = JSONAttribute()
    request_id = UnicodeAttribute()
    traceparent = UnicodeAttribute()
    created_at = UnicodeAttribute()
    updated_at = UnicodeAttribute()
    expires_at = NumberAttribute()

    by_member = _ByMember()
    by_owner = _ByOwner()
    by_kind = _ByKind()


class ExportRequestItem(RequestItem):
    """The export that a request with an Idempotency-Key started: `pk = REQUEST#<token>`, kept as long as the key."""

    class Meta(_Table):
        pass


class ExportOutboxItem(OutboxItem):
    """An event that waits for the relay: `pk = OUTBOX#<event_id>`."""

    class Meta(_Table):
        pass


class ExportQuotaItem(QuotaItem):
    """The number of an owner's exports."""

    class Meta(_Table):
        pass


class ExportRepository:
    """The `ExportStore` in DynamoDB."""

    def __init__(self, *, exports_per_owner: int = UNBOUNDED) -> None:
        self._exports_per_owner = exports_per_owner
        self._quota = Quota(ExportQuotaItem, at_most=Usage(items=exports_per_owner), count=_count)

    def add(self, export: Export, event: Event, *, request_token: str | None = None) -> None:
        """See `ExportStore.add`: export, event, request item and the owner's quota in one transaction."""

        def fill(transaction: TransactWrite) -> None:
            transaction.save(_item(export), condition=ExportItem.pk.does_not_exist())
            transaction.save(ExportOutboxItem.of(event))
            if request_token is not None:
                ExportRequestItem.add_to(transaction, request_token, started_id=export.export_id)

        try:
            self._quota.commit(fill, owner=export.owner, more=Usage(items=1))
        except QuotaExceeded as error:
            raise TooManyExports(self._exports_per_owner) from error
        except ConditionFailed as error:
            if _REQUEST not in error.found:
                raise
            raise ExportStarted(str(error.found[_REQUEST]["started_id"]["S"])) from error

    def get(self, export_id: str) -> Export:
        """See `ExportStore.get`."""
        with translated_errors():
            try:
                item = ExportItem.get(f"EXPORT#{export_id}", consistent_read=True)
            except DoesNotExist as error:
                raise ExportNotFound from error
        if _has_expired(item):
            raise ExportNotFound
        return _export(item)

    def replace(self, before: Export, after: Export, event: Event) -> None:
        """See `ExportStore.replace`."""

        def fill(transaction: TransactWrite) -> None:
            unchanged = ExportItem.version == before.version
            transaction.update(_item(after), actions=changes_between(_item(before), _item(after)), condition=unchanged)
            transaction.save(ExportOutboxItem.of(event))

        try:
            commit(ExportItem, fill)
        except ConditionFailed as error:
            raise StaleVersion from error

    def list_page(self, *, restricted_to: str | None, limit: int, after: str | None) -> Page[Export]:
        """See `ExportStore.list_page`: one query of at most `limit` + 1 items."""
        index, key = (ExportItem.by_kind, KIND) if restricted_to is None else (ExportItem.by_member, restricted_to)
        before = ExportItem.export_id < after if after else None
        with translated_errors():
            found = index.query(key, before, limit=limit + 1, page_size=limit + 1, scan_index_forward=False)
            items = list(islice(found, limit + 1))
        page = items[:limit]
        exports = [_export(item) for item in page if not _has_expired(item)]
        return Page(items=exports, next_position=page[-1].export_id if len(items) > limit else None)


def _count(owner: str) -> Usage:
    """Return the number of an owner's exports; one that failed through no fault of the owner's is not counted."""
    with translated_errors():
        items = ExportItem.by_owner.query(owner)
        return Usage(items=sum(item.status != "failed" and not _has_expired(item) for item in items))


def _has_expired(item: ExportItem) -> bool:
    # DynamoDB takes up to some days to remove expired items.
    return bool(item.expires_at < datetime.now(UTC).timestamp())


def _item(export: Export) -> ExportItem:
    return ExportItem(
        pk=f"EXPORT#{export.export_id}",
        export_id=export.export_id,
        source=export.source,
        owner=export.owner,
        restricted_to=export.restricted_to,
        status=export.status,
        version=export.version,
        details=over(export.stored, {name: getattr(export, name) for name in DETAILS}),
        request_id=export.correlation.request_id,
        traceparent=export.correlation.traceparent,
        created_at=export.created_at.isoformat(),
        updated_at=export.updated_at.isoformat(),
        expires_at=int(export.expires_at.timestamp()),
    )


def _export(item: ExportItem) -> Export:
    return Export(
        export_id=item.export_id,
        source=cast("Source", item.source),
        owner=item.owner,
        restricted_to=item.restricted_to,
        status=cast("Status", item.status),
        version=int(item.version),
        correlation=Correlation(request_id=item.request_id, traceparent=item.traceparent),
        created_at=datetime.fromisoformat(item.created_at),
        updated_at=datetime.fromisoformat(item.updated_at),
        expires_at=datetime.fromtimestamp(int(item.expires_at), UTC),
        **{name: item.details[name] for name in DETAILS},
        stored=item.details,
    )


if TYPE_CHECKING:
    _: ExportStore = ExportRepository()
