"""Activity in DynamoDB: the only PynamoDB of this service. Its items are described in docs/data-model.md."""

import os
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING

from pynamodb.attributes import JSONAttribute, UnicodeAttribute
from pynamodb.models import Model
from pynamodb.transactions import TransactWrite

from functions.activity.domain import Entry
from functions.shared.dynamodb import ConditionFailed, InboxItem, Reach, commit, translated_errors
from functions.shared.inbox import AlreadySeen
from functions.shared.pages import Page

if TYPE_CHECKING:
    from functions.activity.service import ActivityStore


class _Table(Reach):
    table_name = os.environ.get("TABLE_NAME", "activity")


class EntryItem(Model):
    """An entry: `pk = SUBJECT#<subject>`, `sk = <time>#<event_id>`."""

    class Meta(_Table):
        pass

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    event_id = UnicodeAttribute()
    type = UnicodeAttribute()
    source = UnicodeAttribute()
    subject = UnicodeAttribute()
    time = UnicodeAttribute()
    request_id = UnicodeAttribute()
    data = JSONAttribute()


class _ActivityInboxItem(InboxItem):
    class Meta(_Table):
        pass

    sk = UnicodeAttribute(range_key=True, default="INBOX")


class ActivityRepository:
    """The `ActivityStore` on DynamoDB."""

    def add(self, entry: Entry) -> None:
        """See `ActivityStore.add`: entry and inbox record in one transaction."""

        def fill(transaction: TransactWrite) -> None:
            transaction.save(_ActivityInboxItem.of(entry.event_id), condition=_ActivityInboxItem.pk.does_not_exist())
            transaction.save(_item(entry))

        try:
            commit(EntryItem, fill)
        except ConditionFailed as error:
            raise AlreadySeen from error

    def list_page(self, subject: str, *, limit: int, after: str | None) -> Page[Entry]:
        """See `ActivityStore.list_page`: one query of at most `limit` + 1 items."""
        before = EntryItem.sk < after if after else None
        with translated_errors():
            found = EntryItem.query(
                _partition(subject), before, limit=limit + 1, page_size=limit + 1, scan_index_forward=False
            )
            items = list(islice(found, limit + 1))
        page = [_entry(item) for item in items[:limit]]
        return Page(items=page, next_position=page[-1].position if len(items) > limit else None)


def _partition(subject: str) -> str:
    return f"SUBJECT#{subject}"


def _item(entry: Entry) -> EntryItem:
    return EntryItem(
        pk=_partition(entry.subject),
        sk=entry.position,
        event_id=entry.event_id,
        type=entry.type,
        source=entry.source,
        subject=entry.subject,
        time=entry.time.isoformat(),
        request_id=entry.request_id,
        data=dict(entry.data),
    )


def _entry(item: EntryItem) -> Entry:
    return Entry(
        event_id=item.event_id,
        type=item.type,
        source=item.source,
        subject=item.subject,
        time=datetime.fromisoformat(item.time),
        request_id=item.request_id,
        data=item.data,
    )


if TYPE_CHECKING:
    _: ActivityStore = ActivityRepository()
