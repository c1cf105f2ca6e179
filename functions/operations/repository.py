"""Operations in DynamoDB; docs/data-model.md describes the items."""

import os
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING

from pynamodb.attributes import JSONAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import DoesNotExist
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex
from pynamodb.models import Model
from pynamodb.transactions import TransactWrite

from functions.operations.chain import Link, link_after
from functions.operations.domain import Deployment
from functions.operations.errors import DeploymentNotFound
from functions.operations.facts import RawEvent
from functions.operations.stored_forms import from_json, to_json
from functions.shared.aws.dynamodb import ConditionFailed, TableMeta, commit, translated_errors
from functions.shared.errors import StaleVersion
from functions.shared.http.pages import Page
from functions.shared.messaging.inbox import AlreadySeen
from functions.shared.optimistic_locking import retry_if_stale

if TYPE_CHECKING:
    from functions.operations.ports import DeploymentStore, EventLog

# A partition of the chain has so many links, so that the links can be read in order.
LINKS_A_PARTITION = 1_000
APPEND_ATTEMPTS = 20
_LISTED = "deployments"


class _Table(TableMeta):
    table_name = os.environ.get("TABLE_NAME", "operations")


class EventItem(Model):
    """A raw event: `pk = EVENTS`, `sk = <time>#<event_id>`."""

    class Meta(_Table):
        pass

    pk = UnicodeAttribute(hash_key=True, default="EVENTS")
    sk = UnicodeAttribute(range_key=True)
    body = UnicodeAttribute()


class LinkItem(Model):
    """A link of the chain: `pk = CHAIN#<sequence // 1000>`, `sk = <sequence>`; the last one is also `pk = HEAD`."""

    class Meta(_Table):
        pass

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    sequence = NumberAttribute()
    position = UnicodeAttribute()
    previous = UnicodeAttribute()
    hash = UnicodeAttribute()


class _ByTime(GlobalSecondaryIndex["DeploymentItem"]):  # type: ignore[no-untyped-call] # PynamoDB types no __init_subclass__
    """All records by time."""

    class Meta(_Table):
        index_name = "by_time"
        projection = AllProjection()

    listed = UnicodeAttribute(hash_key=True)
    listed_at = UnicodeAttribute(range_key=True)


class DeploymentItem(Model):
    """A derived record: `pk = DEPLOYMENT#<deployment_id>`."""

    class Meta(_Table):
        pass

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True, default="DEPLOYMENT")
    listed = UnicodeAttribute(default=_LISTED)
    listed_at = UnicodeAttribute()
    record = JSONAttribute()

    by_time = _ByTime()


class EventRepository:
    """The `EventLog` on DynamoDB."""

    def __init__(self, *, links_a_partition: int = LINKS_A_PARTITION) -> None:
        self._links_a_partition = links_a_partition

    def append(self, event: RawEvent) -> Link:
        """See `EventLog.append`: event, link and the new head in one transaction, on condition of the old head."""
        return retry_if_stale(
            lambda: self._append_after(self.find_head(), event), attempts=APPEND_ATTEMPTS, busy="Others add events."
        )

    def find_head(self) -> Link | None:
        """See `EventLog.find_head`."""
        with translated_errors():
            try:
                return _link(LinkItem.get("HEAD", "HEAD", consistent_read=True))
            except DoesNotExist:
                return None

    def read_between(self, start: datetime, end: datetime) -> list[RawEvent]:
        """See `EventLog.read_between`: one query."""
        since, until = (moment.isoformat(timespec="milliseconds") for moment in (start, end))
        with translated_errors():
            found = EventItem.query("EVENTS", EventItem.sk.between(since, until), consistent_read=True)
            return [_event(item) for item in found]

    def read_at(self, positions: Collection[str]) -> list[RawEvent]:
        """See `EventLog.read_at`: one BatchGetItem for 100 places."""
        keys = [("EVENTS", position) for position in sorted(set(positions))]
        with translated_errors():
            events = [_event(item) for item in EventItem.batch_get(keys, consistent_read=True)]
        return sorted(events, key=lambda event: event.position)

    def read_links(self, *, after: int, limit: int) -> Sequence[Link]:
        """See `EventLog.read_links`: a query for each partition of the chain."""
        links: list[Link] = []
        partition = (after + 1) // self._links_a_partition
        with translated_errors():
            while len(links) < limit:
                wanted = limit - len(links)
                later = LinkItem.sk > _place(after)
                found = LinkItem.query(f"CHAIN#{partition}", later, limit=wanted, consistent_read=True)
                read = [_link(item) for item in found]
                links += read
                if (after + 1 + len(links)) // self._links_a_partition == partition or not read:
                    break
                partition += 1
        return links

    def _append_after(self, head: Link | None, event: RawEvent) -> Link:
        link = link_after(head, event)

        def fill(transaction: TransactWrite) -> None:
            transaction.save(EventItem(sk=event.position, body=event.body), condition=EventItem.sk.does_not_exist())
            transaction.save(
                _link_item(f"CHAIN#{link.sequence // self._links_a_partition}", _place(link.sequence), link),
                condition=LinkItem.sk.does_not_exist(),
            )
            is_head = LinkItem.hash == head.hash if head else LinkItem.sk.does_not_exist()
            transaction.save(_link_item("HEAD", "HEAD", link), condition=is_head)

        try:
            commit(LinkItem, fill)
        except ConditionFailed as error:
            # 0: the event is stored. 1, 2: another event has taken the place at the end of the chain.
            raise (AlreadySeen if 0 in error.failed else StaleVersion) from error
        return link


class DeploymentRepository:
    """The `DeploymentStore` on DynamoDB."""

    def save(self, deployment: Deployment) -> None:
        """See `DeploymentStore.save`."""
        item = DeploymentItem(
            pk=_key(deployment.deployment_id), listed_at=deployment.position, record=to_json(deployment)
        )
        with translated_errors():
            item.save()

    def remove(self, deployment_ids: Collection[str]) -> None:
        """See `DeploymentStore.remove`: reads the ids first, because most of them have no record."""
        keys = [(_key(each), "DEPLOYMENT") for each in sorted(deployment_ids)]
        with translated_errors():
            for item in list(DeploymentItem.batch_get(keys, consistent_read=True)) if keys else []:
                item.delete()

    def get(self, deployment_id: str) -> Deployment:
        """See `DeploymentStore.get`."""
        with translated_errors():
            try:
                item = DeploymentItem.get(_key(deployment_id), "DEPLOYMENT", consistent_read=True)
            except DoesNotExist as error:
                raise DeploymentNotFound from error
        return from_json(item.record)

    def list_page(self, *, limit: int, after: str | None) -> Page[Deployment]:
        """See `DeploymentStore.list_page`: one query of at most `limit` + 1 items."""
        before = DeploymentItem.listed_at < after if after else None
        with translated_errors():
            found = DeploymentItem.by_time.query(
                _LISTED, before, limit=limit + 1, page_size=limit + 1, scan_index_forward=False
            )
            items = list(islice(found, limit + 1))
        page = [from_json(item.record) for item in items[:limit]]
        return Page(items=page, next_position=page[-1].position if len(items) > limit else None)

    def read_since(self, start: datetime) -> Iterator[Deployment]:
        """See `DeploymentStore.read_since`."""
        later = DeploymentItem.listed_at >= start.isoformat(timespec="milliseconds")
        with translated_errors():
            for item in DeploymentItem.by_time.query(_LISTED, later):
                yield from_json(item.record)


def _key(deployment_id: str) -> str:
    return f"DEPLOYMENT#{deployment_id}"


def _place(sequence: int) -> str:
    return f"{sequence:012}"


def _link_item(pk: str, sk: str, link: Link) -> LinkItem:
    return LinkItem(
        pk=pk, sk=sk, sequence=link.sequence, position=link.position, previous=link.previous, hash=link.hash
    )


def _link(item: LinkItem) -> Link:
    return Link(sequence=int(item.sequence), position=item.position, previous=item.previous, hash=item.hash)


def _event(item: EventItem) -> RawEvent:
    at, _, event_id = item.sk.partition("#")
    return RawEvent(event_id=event_id, at=datetime.fromisoformat(at), body=item.body)


if TYPE_CHECKING:
    _: EventLog = EventRepository()
    __: DeploymentStore = DeploymentRepository()
