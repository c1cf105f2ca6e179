"""Activity in DynamoDB; docs/data-model.md describes the items."""

import os
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING

from pynamodb.attributes import JSONAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import DoesNotExist
from pynamodb.models import Model

from functions.activity.domain import Entry, Latest
from functions.shared.aws.dynamodb import TableMeta, translated_errors
from functions.shared.http.pages import Page
from functions.shared.messaging.inbox_item import InboxItem
from functions.shared.messaging.ordering import StateItem, commit_in_order

if TYPE_CHECKING:
    from functions.activity.ports import ActivityStore, AllEntries


class _Table(TableMeta):
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
    sequence = NumberAttribute(default=0)
    time = UnicodeAttribute()
    request_id = UnicodeAttribute()
    data = JSONAttribute()


class LatestItem(StateItem):
    """The newest event of a subject: `pk = LATEST#<subject>`, outside the partition of the listed entries."""

    class Meta(_Table):
        pass

    sk = UnicodeAttribute(range_key=True, default="LATEST")
    subject = UnicodeAttribute()
    type = UnicodeAttribute()
    event_id = UnicodeAttribute()
    time = UnicodeAttribute()


class _ActivityInboxItem(InboxItem):
    class Meta(_Table):
        pass

    sk = UnicodeAttribute(range_key=True, default="INBOX")


class ActivityRepository:
    """The `ActivityStore` on DynamoDB."""

    def add(self, entry: Entry) -> None:
        """See `ActivityStore.add`: inbox item, latest and entry are written in one transaction."""
        mark = _ActivityInboxItem.of(entry.event_id)
        commit_in_order(mark, _latest_item(entry), lambda transaction: transaction.save(_item(entry)))

    def find_latest(self, subject: str) -> Latest | None:
        """See `ActivityStore.find_latest`."""
        with translated_errors():
            try:
                item = LatestItem.get(f"LATEST#{subject}", "LATEST", consistent_read=True)
            except DoesNotExist:
                return None
        return Latest(
            subject=item.subject,
            sequence=int(item.sequence),
            type=item.type,
            event_id=item.event_id,
            time=datetime.fromisoformat(item.time),
        )

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

    def read_all(self, *, after: tuple[str, str] | None) -> Iterator[Entry]:
        """See `AllEntries.read_all`: a Scan of the table that skips other items."""
        start = _key(*after) if after else None
        with translated_errors():
            found = EntryItem.scan(
                EntryItem.pk.startswith(_partition("")), last_evaluated_key=start, consistent_read=True
            )
            for item in found:
                yield _entry(item)


def _key(subject: str, position: str) -> dict[str, dict[str, str]]:
    return {"pk": {"S": _partition(subject)}, "sk": {"S": position}}


def _partition(subject: str) -> str:
    return f"SUBJECT#{subject}"


def _latest_item(entry: Entry) -> LatestItem:
    return LatestItem(
        pk=f"LATEST#{entry.subject}",
        sequence=entry.sequence,
        subject=entry.subject,
        type=entry.type,
        event_id=entry.event_id,
        time=entry.time.isoformat(),
    )


def _item(entry: Entry) -> EntryItem:
    return EntryItem(
        pk=_partition(entry.subject),
        sk=entry.position,
        event_id=entry.event_id,
        type=entry.type,
        source=entry.source,
        subject=entry.subject,
        sequence=entry.sequence,
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
        sequence=int(item.sequence),
        time=datetime.fromisoformat(item.time),
        request_id=item.request_id,
        data=item.data,
    )


if TYPE_CHECKING:
    _: ActivityStore = ActivityRepository()
    __: AllEntries = ActivityRepository()
