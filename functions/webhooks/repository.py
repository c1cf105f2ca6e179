"""Webhooks in DynamoDB."""

from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING

from pynamodb.exceptions import DoesNotExist, UpdateError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action
from pynamodb.transactions import TransactWrite

from functions.shared.aws.dynamodb import CONDITION_FAILED, ConditionFailed, changes_between, commit, translated_errors
from functions.shared.aws.quotas import UNBOUNDED, Quota, QuotaExceeded, Usage
from functions.shared.http.pages import Page
from functions.shared.messaging.events import Event
from functions.webhooks.domain import Webhook, matching_names
from functions.webhooks.errors import StaleWebhook, TooManyWebhooks
from functions.webhooks.items import (
    KIND,
    EventTypeItem,
    WebhookItem,
    WebhookOutboxItem,
    WebhookQuotaItem,
    event_type_items,
    event_type_key,
    webhook_item,
    webhook_key,
    webhook_of,
)

if TYPE_CHECKING:
    from functions.webhooks.ports import WebhookStore


class WebhookRepository:
    """The `WebhookStore` on DynamoDB."""

    def __init__(self, *, webhooks_per_owner: int = UNBOUNDED) -> None:
        self._webhooks_per_owner = webhooks_per_owner
        at_most = Usage(items=webhooks_per_owner)
        self._quota = Quota(WebhookQuotaItem, at_most=at_most, count=_count)

    def add(self, webhook: Webhook) -> None:
        """See `WebhookStore.add`: the webhook, its event types and the owner's quota in one transaction."""

        def fill(transaction: TransactWrite) -> None:
            transaction.save(webhook_item(webhook), condition=WebhookItem.pk.does_not_exist())
            for item in event_type_items(webhook):
                transaction.save(item)

        try:
            self._quota.commit(fill, owner=webhook.owner, more=Usage(items=1))
        except QuotaExceeded as error:
            raise TooManyWebhooks(self._webhooks_per_owner) from error

    def replace(
        self, before: Webhook, after: Webhook, *, event: Event | None = None, if_still_failing: bool = False
    ) -> None:
        """See `WebhookStore.replace`: the webhook, its event types and the event in one transaction.

        The update writes only the differences, because the worker records the health of the receiver without a new
        version.
        """
        condition = WebhookItem.version == before.version
        if if_still_failing:
            condition &= _failing_since_is(before.failing_since)
        old, new = ({(item.pk, item.sk): item for item in event_type_items(each)} for each in (before, after))

        def fill(transaction: TransactWrite) -> None:
            for key in old.keys() - new.keys():
                transaction.delete(old[key])
            transaction.update(
                _key(after),
                actions=changes_between(webhook_item(before), webhook_item(after)),
                condition=condition,
            )
            for key in new.keys() - old.keys():
                transaction.save(new[key])
            if event:
                transaction.save(WebhookOutboxItem.of(event))

        _commit(fill)

    def delete(self, webhook: Webhook) -> None:
        """See `WebhookStore.delete`: the webhook, its event types and the owner's quota in one transaction."""

        def fill(transaction: TransactWrite) -> None:
            transaction.delete(webhook_item(webhook), condition=WebhookItem.version == webhook.version)
            for item in event_type_items(webhook):
                transaction.delete(item)
            self._quota.release(transaction, owner=webhook.owner, less=Usage(items=1))

        _commit(fill)

    def find(self, webhook_id: str) -> Webhook | None:
        """See `WebhookStore.find`."""
        with translated_errors():
            try:
                return webhook_of(WebhookItem.get(webhook_key(webhook_id), KIND, consistent_read=True))
            except DoesNotExist:
                return None

    def list_page(self, *, restricted_to: str | None, limit: int, after: str | None) -> Page[Webhook]:
        """See `WebhookStore.list_page`: one query of at most `limit` + 1 items."""
        index = WebhookItem.by_kind if restricted_to is None else WebhookItem.by_owner
        rest = WebhookItem.webhook_id > after if after else None
        with translated_errors():
            found = index.query(restricted_to or KIND, rest, limit=limit + 1, page_size=limit + 1)
            items = list(islice(found, limit + 1))
        page = [webhook_of(item) for item in items[:limit]]
        return Page(items=page, next_position=page[-1].webhook_id if len(items) > limit else None)

    def list_matching(self, event_type: str, *, owner: str | None, limit: int, after: str | None) -> Page[str]:
        """See `WebhookStore.list_matching`: at most three queries, or six if the event has an owner."""
        owners = [None, owner] if owner else [None]
        partitions = [event_type_key(name, owner=each) for each in owners for name in matching_names(event_type)]
        begun, _, last = (after or "").rpartition("|")
        found: list[tuple[str, str]] = []
        with translated_errors():
            for partition in partitions[partitions.index(begun) if begun in partitions else 0 :]:
                rest = EventTypeItem.sk > last if partition == begun else None
                more = limit + 1 - len(found)
                items = EventTypeItem.query(partition, rest, consistent_read=True, limit=more, page_size=more)
                found += [(partition, str(item.sk)) for item in islice(items, more)]
                if len(found) > limit:
                    break
        page = found[:limit]
        position = "|".join(page[-1]) if len(found) > limit else None
        return Page(items=[webhook_id for _, webhook_id in page], next_position=position)

    def record_failure(self, webhook: Webhook, *, since: datetime, at: datetime) -> None:
        """See `WebhookStore.record_failure`; the version stays, because the owner has changed nothing."""
        actions = [WebhookItem.failing_since.set(since), WebhookItem.failed_at.set(at)]
        _update(webhook, actions, _failing_since_is(webhook.failing_since))

    def record_success(self, webhook: Webhook) -> None:
        """See `WebhookStore.record_success`; the version stays."""
        actions = [WebhookItem.failing_since.remove(), WebhookItem.failed_at.remove()]
        _update(webhook, actions, WebhookItem.failing_since.exists())


def _count(owner: str) -> Usage:
    with translated_errors():
        return Usage(items=WebhookItem.by_owner.count(owner))


def _commit(fill: Callable[[TransactWrite], None]) -> None:
    try:
        commit(WebhookItem, fill)
    except ConditionFailed as error:
        raise StaleWebhook from error


def _update(webhook: Webhook, actions: Sequence[Action], condition: Condition) -> None:
    """Update a webhook that exists; do nothing if the condition fails."""
    with translated_errors():
        try:
            _key(webhook).update(actions=[*actions], condition=WebhookItem.pk.exists() & condition)
        except UpdateError as error:
            if error.cause_response_code != CONDITION_FAILED:
                raise


def _failing_since_is(since: datetime | None) -> Condition:
    return WebhookItem.failing_since == since if since else WebhookItem.failing_since.does_not_exist()


def _key(webhook: Webhook) -> WebhookItem:
    return WebhookItem(pk=webhook_key(webhook.webhook_id), sk=KIND)


if TYPE_CHECKING:
    _: WebhookStore = WebhookRepository()
