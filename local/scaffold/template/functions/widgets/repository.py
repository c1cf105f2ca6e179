"""Widgets in DynamoDB; no other module of this service uses PynamoDB."""

import os
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, cast

from pynamodb.attributes import UnicodeAttribute, VersionAttribute
from pynamodb.exceptions import DoesNotExist
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex
from pynamodb.models import Model
from pynamodb.transactions import TransactWrite

from functions.shared.aws.dynamodb import ConditionFailed, TableMeta, commit, translated_errors
from functions.shared.messaging.inbox_item import InboxItem
from functions.shared.messaging.outbox import OutboxItem
from functions.shared.errors import StaleVersion
from functions.shared.messaging.events import Event
from functions.shared.messaging.inbox import AlreadySeen
from functions.shared.http.pages import Page
from functions.widgets.domain import Status, Widget
from functions.widgets.errors import WidgetNotFound

if TYPE_CHECKING:
    from functions.widgets.ports import WidgetStore


class _Table(TableMeta):
    table_name = os.environ.get("TABLE_NAME", "widgets")


class _ByStatus(GlobalSecondaryIndex["WidgetItem"]):  # type: ignore[no-untyped-call] # PynamoDB types no __init_subclass__
    """Widgets by status, in the order of their ids, which is the order of creation."""

    class Meta(_Table):
        index_name = "by_status"
        projection = AllProjection()

    status = UnicodeAttribute(hash_key=True)
    widget_id = UnicodeAttribute(range_key=True)


class WidgetItem(Model):
    """A widget: `pk = WIDGET#<widget_id>`."""

    class Meta(_Table):
        pass

    pk = UnicodeAttribute(hash_key=True)
    widget_id = UnicodeAttribute()
    name = UnicodeAttribute()
    status = UnicodeAttribute()
    version = VersionAttribute()
    created_at = UnicodeAttribute()

    by_status = _ByStatus()


class _WidgetOutboxItem(OutboxItem):
    class Meta(_Table):
        pass


class _WidgetInboxItem(InboxItem):
    class Meta(_Table):
        pass


class WidgetRepository:
    """The `WidgetStore` on DynamoDB."""

    def add(self, widget: Widget, event: Event) -> None:
        """See `WidgetStore.add`: the widget and its event in one transaction."""

        def fill(transaction: TransactWrite) -> None:
            transaction.save(_item(widget), condition=WidgetItem.pk.does_not_exist())
            transaction.save(_WidgetOutboxItem.of(event))

        commit(WidgetItem, fill)

    def replace(self, before: Widget, after: Widget, *, because_of: Event) -> None:
        """See `WidgetStore.replace`: the widget and the inbox item in one transaction."""

        def fill(transaction: TransactWrite) -> None:
            transaction.save(_WidgetInboxItem.of(because_of.event_id), condition=_WidgetInboxItem.pk.does_not_exist())
            # PynamoDB's version attribute adds the condition that the stored version is `before`'s.
            transaction.save(_item(after, stored_version=before.version))

        try:
            commit(WidgetItem, fill)
        except ConditionFailed as error:
            # 0: the inbox has the event, 1: another version of the widget is stored.
            raise (AlreadySeen if 0 in error.failed else StaleVersion) from error

    def get(self, widget_id: str) -> Widget:
        """See `WidgetStore.get`."""
        with translated_errors():
            try:
                return _widget(WidgetItem.get(f"WIDGET#{widget_id}", consistent_read=True))
            except DoesNotExist as error:
                raise WidgetNotFound from error

    def list_page(self, status: Status, *, limit: int, after: str | None) -> Page[Widget]:
        """See `WidgetStore.list_page`: one query of at most `limit` + 1 items."""
        later = WidgetItem.widget_id > after if after else None
        with translated_errors():
            found = WidgetItem.by_status.query(status, later, limit=limit + 1, page_size=limit + 1)
            items = list(islice(found, limit + 1))
        page = [_widget(item) for item in items[:limit]]
        return Page(items=page, next_position=page[-1].widget_id if len(items) > limit else None)


def _item(widget: Widget, *, stored_version: int | None = None) -> WidgetItem:
    item = WidgetItem(
        pk=f"WIDGET#{widget.widget_id}",
        widget_id=widget.widget_id,
        name=widget.name,
        status=widget.status,
        created_at=widget.created_at.isoformat(),
    )
    if stored_version is not None:
        item.version = stored_version
    return item


def _widget(item: WidgetItem) -> Widget:
    return Widget(
        widget_id=item.widget_id,
        name=item.name,
        status=cast("Status", item.status),
        version=int(item.version),
        created_at=datetime.fromisoformat(item.created_at),
    )


if TYPE_CHECKING:
    _: WidgetStore = WidgetRepository()
