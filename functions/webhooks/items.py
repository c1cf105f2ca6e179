"""The items of webhooks in DynamoDB and their conversion; docs/data-model.md describes them."""

import os
import time
from dataclasses import fields
from datetime import datetime
from typing import Any

from pynamodb.attributes import Attribute, BooleanAttribute, JSONAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.constants import STRING
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex
from pynamodb.models import Model

from functions.shared.aws.dynamodb import TableMeta
from functions.shared.aws.quotas import QuotaItem
from functions.shared.documents import known_values, over
from functions.shared.messaging.outbox import OutboxItem
from functions.webhooks.deliveries import Attempt, Delivery
from functions.webhooks.domain import SealedSecret, Webhook

KIND = "WEBHOOK"
# Longer than an event can be delivered again: 4 days in its queue, 14 in the dead-letter queue.
DELIVERY_KEPT_S = 30 * 24 * 3600


class _Table(TableMeta):
    table_name = os.environ.get("TABLE_NAME", "webhooks")


class _TimeAttribute(Attribute[datetime]):
    """A time in ISO 8601."""

    attr_type = STRING

    def serialize(self, value: datetime) -> str:
        return value.isoformat()

    def deserialize(self, value: str) -> datetime:
        return datetime.fromisoformat(value)


class _ByOwner(GlobalSecondaryIndex["WebhookItem"]):  # type: ignore[no-untyped-call] # PynamoDB types no __init_subclass__
    """The webhooks of an owner, in the order of their ids, which is the order of creation."""

    class Meta(_Table):
        index_name = "by_owner"
        projection = AllProjection()

    owner = UnicodeAttribute(hash_key=True)
    webhook_id = UnicodeAttribute(range_key=True)


class _ByKind(GlobalSecondaryIndex["WebhookItem"]):  # type: ignore[no-untyped-call] # see above
    """All webhooks, in the order of their ids."""

    class Meta(_Table):
        index_name = "by_kind"
        projection = AllProjection()

    kind = UnicodeAttribute(hash_key=True)
    webhook_id = UnicodeAttribute(range_key=True)


class WebhookItem(Model):
    """A webhook: `pk = WEBHOOK#<webhook_id>`, `sk = WEBHOOK`."""

    class Meta(_Table):
        pass

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True, default=KIND)
    kind = UnicodeAttribute(default=KIND)
    webhook_id = UnicodeAttribute()
    owner = UnicodeAttribute()
    sees_all = BooleanAttribute()
    url = UnicodeAttribute()
    event_types = JSONAttribute()
    description = UnicodeAttribute(null=True)
    enabled = BooleanAttribute()
    secrets = JSONAttribute()
    version = NumberAttribute()
    created_at = _TimeAttribute()
    updated_at = _TimeAttribute()
    failing_since = _TimeAttribute(null=True)
    failed_at = _TimeAttribute(null=True)
    disabled_because = UnicodeAttribute(null=True)

    by_owner = _ByOwner()
    by_kind = _ByKind()


class EventTypeItem(Model):
    """An event type of an enabled webhook: `pk = WANTED#<ALL or OWNER#owner>#<event type>`, `sk = <webhook_id>`."""

    class Meta(_Table):
        pass

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)


class DeliveryItem(Model):
    """A delivery: `pk = DELIVERIES#<webhook_id>`, `sk = <delivery_id>`."""

    class Meta(_Table):
        pass

    pk = UnicodeAttribute(hash_key=True)
    delivery_id = UnicodeAttribute(range_key=True, attr_name="sk")
    webhook_id = UnicodeAttribute()
    event_type = UnicodeAttribute()
    subject = UnicodeAttribute()
    body = UnicodeAttribute()
    state = UnicodeAttribute()
    is_test = BooleanAttribute()
    tries = NumberAttribute()
    attempts_made = NumberAttribute()
    due_at = _TimeAttribute()
    created_at = _TimeAttribute()
    attempts = JSONAttribute()
    expires_at = NumberAttribute()


class WebhookOutboxItem(OutboxItem):
    """An event of a webhook that waits for the relay."""

    class Meta(_Table):
        pass

    sk = UnicodeAttribute(range_key=True, default="OUTBOX")


class WebhookQuotaItem(QuotaItem):
    """The number of an owner's webhooks."""

    class Meta(_Table):
        pass

    sk = UnicodeAttribute(range_key=True, default="QUOTA")


def webhook_key(webhook_id: str) -> str:
    """Return the partition key of a webhook."""
    return f"WEBHOOK#{webhook_id}"


def event_type_key(event_type: str, *, owner: str | None) -> str:
    """Return the partition of the webhooks that receive this type of an owner's events, or of all owners' for None."""
    return f"WANTED#{'ALL' if owner is None else f'OWNER#{owner}'}#{event_type}"


def delivery_key(webhook_id: str) -> str:
    """Return the partition key of a webhook's deliveries."""
    return f"DELIVERIES#{webhook_id}"


def event_type_items(webhook: Webhook) -> list[EventTypeItem]:
    """Return one item for each event type of an enabled webhook; none for a disabled one."""
    if not webhook.enabled:
        return []
    owner = None if webhook.sees_all else webhook.owner
    return [EventTypeItem(pk=event_type_key(each, owner=owner), sk=webhook.webhook_id) for each in webhook.event_types]


def webhook_item(webhook: Webhook) -> WebhookItem:
    """Return the item of a webhook."""
    secrets = [
        over(each.stored, {"sealed": each.sealed, "valid_until": _to_text(each.valid_until)})
        for each in webhook.secrets
    ]
    converted = {"event_types": list(webhook.event_types), "secrets": secrets}
    return WebhookItem(pk=webhook_key(webhook.webhook_id), **_values(Webhook, webhook) | converted)


def webhook_of(item: WebhookItem) -> Webhook:
    """Return the webhook of an item."""
    documents: list[dict[str, Any]] = item.secrets
    secrets = (
        SealedSecret(sealed=each["sealed"], valid_until=_to_time(each["valid_until"]), stored=each)
        for each in documents
    )
    converted = {"event_types": tuple(item.event_types), "secrets": tuple(secrets)}
    return Webhook(**_values(Webhook, item) | converted)


def delivery_item(delivery: Delivery) -> DeliveryItem:
    """Return the item of a delivery."""
    converted = {"attempts": [_attempt_document(attempt) for attempt in delivery.attempts]}
    expires_at = int(time.time()) + DELIVERY_KEPT_S
    return DeliveryItem(
        pk=delivery_key(delivery.webhook_id), expires_at=expires_at, **_values(Delivery, delivery) | converted
    )


def delivery_of(item: DeliveryItem) -> Delivery:
    """Return the delivery of an item."""
    documents: list[dict[str, Any]] = item.attempts
    attempts = (
        Attempt(**known_values(Attempt, each) | {"at": _to_time(each["at"])}, stored=each) for each in documents
    )
    return Delivery(**_values(Delivery, item) | {"attempts": tuple(attempts)})


def _attempt_document(attempt: Attempt) -> dict[str, Any]:
    document = {each.name: getattr(attempt, each.name) for each in fields(Attempt) if each.name != "stored"}
    return over(attempt.stored, document | {"at": _to_text(attempt.at)})


def _values(kind: type[Webhook | Delivery], of: object) -> dict[str, Any]:
    """Return the values of a webhook or delivery, or of its item, by the names of the fields."""
    return {each.name: getattr(of, each.name) for each in fields(kind)}


def _to_text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _to_time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
