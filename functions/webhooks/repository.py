"""Webhooks in DynamoDB. The items of the service are described in docs/data-model.md."""

import os
from collections.abc import Sequence
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any, cast

from pynamodb.attributes import BooleanAttribute, JSONAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import DoesNotExist, UpdateError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex
from pynamodb.models import Model
from pynamodb.transactions import TransactWrite

from functions.shared.aws.dynamodb import ConditionFailed, TableMeta, changes_between, commit, translated_errors
from functions.shared.http.pages import Page
from functions.shared.messaging.events import Event
from functions.shared.messaging.outbox import OutboxItem
from functions.webhooks.domain import Reason, SealedSecret, Webhook, names_of
from functions.webhooks.errors import StaleVersion

if TYPE_CHECKING:
    from functions.webhooks.stores import WebhookStore

_KIND = "WEBHOOK"
_CONDITION_FAILED = "ConditionalCheckFailedException"


class TableReach(TableMeta):
    """The service's table."""

    table_name = os.environ.get("TABLE_NAME", "webhooks")


class _ByOwner(GlobalSecondaryIndex["WebhookItem"]):  # type: ignore[no-untyped-call] # PynamoDB types no __init_subclass__
    """The webhooks of an owner, in the order of their ids, which is that of their creation."""

    class Meta(TableReach):
        index_name = "by_owner"
        projection = AllProjection()

    owner = UnicodeAttribute(hash_key=True)
    webhook_id = UnicodeAttribute(range_key=True)


class _ByKind(GlobalSecondaryIndex["WebhookItem"]):  # type: ignore[no-untyped-call] # see above
    """All webhooks, in the order of their ids."""

    class Meta(TableReach):
        index_name = "by_kind"
        projection = AllProjection()

    kind = UnicodeAttribute(hash_key=True)
    webhook_id = UnicodeAttribute(range_key=True)


class WebhookItem(Model):
    """A webhook: `pk = WEBHOOK#<webhook_id>`, `sk = WEBHOOK`."""

    class Meta(TableReach):
        pass

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True, default=_KIND)
    kind = UnicodeAttribute(default=_KIND)
    webhook_id = UnicodeAttribute()
    owner = UnicodeAttribute()
    sees_all = BooleanAttribute()
    url = UnicodeAttribute()
    event_types = JSONAttribute()
    description = UnicodeAttribute(null=True)
    enabled = BooleanAttribute()
    secrets = JSONAttribute()
    version = NumberAttribute()
    created_at = UnicodeAttribute()
    updated_at = UnicodeAttribute()
    failing_since = UnicodeAttribute(null=True)
    failed_at = UnicodeAttribute(null=True)
    disabled_because = UnicodeAttribute(null=True)

    by_owner = _ByOwner()
    by_kind = _ByKind()


class WantedItem(Model):
    """That an enabled webhook wants an event: `pk = WANTED#<of whom>#<event type>`, `sk = <webhook_id>`."""

    class Meta(TableReach):
        pass

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)


class _WebhookOutboxItem(OutboxItem):
    class Meta(TableReach):
        pass

    sk = UnicodeAttribute(range_key=True, default="OUTBOX")


class WebhookRepository:
    """The `WebhookStore` on DynamoDB."""

    def add(self, webhook: Webhook) -> None:
        """See `WebhookStore.add`: the webhook and what it wants in one transaction."""

        def fill(transaction: TransactWrite) -> None:
            transaction.save(_item(webhook), condition=WebhookItem.pk.does_not_exist())
            for item in _wanted(webhook):
                transaction.save(item)

        commit(WebhookItem, fill)

    def replace(
        self, before: Webhook, after: Webhook, *, event: Event | None = None, while_failing: bool = False
    ) -> None:
        """See `WebhookStore.replace`: the webhook, what it wants, and the event in one transaction.

        Only what differs is written: whether its receiver fails is noted by others, without a new version.
        """
        condition = WebhookItem.version == before.version
        if while_failing:
            condition &= _fails_as(before)
        old, new = ({(item.pk, item.sk): item for item in _wanted(each)} for each in (before, after))

        def fill(transaction: TransactWrite) -> None:
            for key in old.keys() - new.keys():
                transaction.delete(old[key])
            transaction.update(
                _key(after),
                actions=changes_between(_item(before), _item(after)),
                condition=condition,
            )
            for key in new.keys() - old.keys():
                transaction.save(new[key])
            if event:
                transaction.save(_WebhookOutboxItem.of(event))

        try:
            commit(WebhookItem, fill)
        except ConditionFailed as error:
            raise StaleVersion from error

    def delete(self, webhook: Webhook) -> None:
        """See `WebhookStore.delete`: the webhook and what it wants in one transaction."""

        def fill(transaction: TransactWrite) -> None:
            transaction.delete(_item(webhook), condition=WebhookItem.version == webhook.version)
            for item in _wanted(webhook):
                transaction.delete(item)

        try:
            commit(WebhookItem, fill)
        except ConditionFailed as error:
            raise StaleVersion from error

    def find(self, webhook_id: str) -> Webhook | None:
        """See `WebhookStore.find`."""
        with translated_errors():
            try:
                return _webhook(WebhookItem.get(f"WEBHOOK#{webhook_id}", _KIND, consistent_read=True))
            except DoesNotExist:
                return None

    def list_page(self, *, owner: str | None, limit: int, after: str | None) -> Page[Webhook]:
        """See `WebhookStore.list_page`: one query of at most `limit` + 1 items."""
        index = WebhookItem.by_kind if owner is None else WebhookItem.by_owner
        beyond = WebhookItem.webhook_id > after if after else None
        with translated_errors():
            found = index.query(owner or _KIND, beyond, limit=limit + 1, page_size=limit + 1)
            items = list(islice(found, limit + 1))
        page = [_webhook(item) for item in items[:limit]]
        return Page(items=page, next_position=page[-1].webhook_id if len(items) > limit else None)

    def find_matching(self, event_type: str, *, owner: str | None, limit: int, after: str | None) -> Page[str]:
        """See `WebhookStore.find_matching`: at most three queries, or six where the event is somebody's."""
        reaches = [_reach(None), *([_reach(owner)] if owner else [])]
        partitions = [f"WANTED#{reach}#{wanted}" for reach in reaches for wanted in names_of(event_type)]
        begun, _, last = (after or "").rpartition("|")
        found: list[tuple[str, str]] = []
        with translated_errors():
            for partition in partitions[partitions.index(begun) if begun in partitions else 0 :]:
                beyond = WantedItem.sk > last if partition == begun else None
                more = limit + 1 - len(found)
                items = WantedItem.query(partition, beyond, consistent_read=True, limit=more, page_size=more)
                found += [(partition, str(item.sk)) for item in islice(items, more)]
                if len(found) > limit:
                    break
        page = found[:limit]
        position = "|".join(page[-1]) if len(found) > limit else None
        return Page(items=[webhook_id for _, webhook_id in page], next_position=position)

    def note_failure(self, webhook: Webhook, *, since: datetime, at: datetime) -> None:
        """See `WebhookStore.note_failure`; the version stays, since the owner has changed nothing."""
        noted = [WebhookItem.failing_since.set(since.isoformat()), WebhookItem.failed_at.set(at.isoformat())]
        _note(webhook, noted, _fails_as(webhook))

    def note_success(self, webhook: Webhook) -> None:
        """See `WebhookStore.note_success`; the version stays."""
        forgotten = [WebhookItem.failing_since.remove(), WebhookItem.failed_at.remove()]
        _note(webhook, forgotten, WebhookItem.failing_since.exists())


def _fails_as(webhook: Webhook) -> Condition:
    """Return the condition that failures began when this webhook says."""
    since = _text(webhook.failing_since)
    return WebhookItem.failing_since == since if since else WebhookItem.failing_since.does_not_exist()


def _note(webhook: Webhook, actions: Sequence[Action], condition: Condition) -> None:
    with translated_errors():
        try:
            _key(webhook).update(actions=[*actions], condition=WebhookItem.pk.exists() & condition)
        except UpdateError as error:
            if error.cause_response_code != _CONDITION_FAILED:
                raise


def _key(webhook: Webhook) -> WebhookItem:
    return WebhookItem(pk=f"WEBHOOK#{webhook.webhook_id}", sk=_KIND)


def _reach(owner: str | None) -> str:
    """Name whose events are wanted: one subject's, or everybody's."""
    return "ALL" if owner is None else f"OWNER#{owner}"


def _wanted(webhook: Webhook) -> list[WantedItem]:
    if not webhook.enabled:
        return []
    reach = _reach(None if webhook.sees_all else webhook.owner)
    return [WantedItem(pk=f"WANTED#{reach}#{name}", sk=webhook.webhook_id) for name in webhook.event_types]


def _item(webhook: Webhook) -> WebhookItem:
    return WebhookItem(
        pk=f"WEBHOOK#{webhook.webhook_id}",
        webhook_id=webhook.webhook_id,
        owner=webhook.owner,
        sees_all=webhook.sees_all,
        url=webhook.url,
        event_types=list(webhook.event_types),
        description=webhook.description,
        enabled=webhook.enabled,
        secrets=[{"sealed": each.sealed, "valid_until": _text(each.valid_until)} for each in webhook.secrets],
        version=webhook.version,
        created_at=webhook.created_at.isoformat(),
        updated_at=webhook.updated_at.isoformat(),
        failing_since=_text(webhook.failing_since),
        failed_at=_text(webhook.failed_at),
        disabled_because=webhook.disabled_because,
    )


def _webhook(item: WebhookItem) -> Webhook:
    secrets: list[dict[str, Any]] = item.secrets
    return Webhook(
        webhook_id=item.webhook_id,
        owner=item.owner,
        sees_all=item.sees_all,
        url=item.url,
        event_types=tuple(item.event_types),
        description=item.description,
        enabled=item.enabled,
        secrets=tuple(SealedSecret(sealed=each["sealed"], valid_until=_time(each["valid_until"])) for each in secrets),
        version=int(item.version),
        created_at=datetime.fromisoformat(item.created_at),
        updated_at=datetime.fromisoformat(item.updated_at),
        failing_since=_time(item.failing_since),
        failed_at=_time(item.failed_at),
        disabled_because=cast("Reason | None", item.disabled_because),
    )


def _text(time: datetime | None) -> str | None:
    return time.isoformat() if time else None


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


if TYPE_CHECKING:
    _: WebhookStore = WebhookRepository()
