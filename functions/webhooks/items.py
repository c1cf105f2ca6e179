"""The items of webhooks in DynamoDB and their conversion; docs/data-model.md describes them."""

import os
import time
from dataclasses import asdict
from datetime import datetime
from typing import Any, cast

from pynamodb.attributes import BooleanAttribute, JSONAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex
from pynamodb.models import Model

from functions.shared.aws.dynamodb import TableMeta
from functions.shared.messaging.outbox import OutboxItem
from functions.webhooks.deliveries import Attempt, Delivery, State
from functions.webhooks.domain import Reason, SealedSecret, Webhook

KIND = "WEBHOOK"
# Longer than an event can be delivered again: 4 days in its queue, 14 in the dead-letter queue.
DELIVERY_KEPT_S = 30 * 24 * 3600


class _Table(TableMeta):
    table_name = os.environ.get("TABLE_NAME", "webhooks")


class _ByOwner(GlobalSecondaryIndex["WebhookItem"]):  # type: ignore[no-untyped-call] # PynamoDB types no __init_subclass__
    """The webhooks of an owner, in the order of their ids and so of their creation."""

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
    created_at = UnicodeAttribute()
    updated_at = UnicodeAttribute()
    failing_since = UnicodeAttribute(null=True)
    failed_at = UnicodeAttribute(null=True)
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
    sk = UnicodeAttribute(range_key=True)
    webhook_id = UnicodeAttribute()
    event_type = UnicodeAttribute()
    subject = UnicodeAttribute()
    body = UnicodeAttribute()
    state = UnicodeAttribute()
    is_test = BooleanAttribute()
    tries = NumberAttribute()
    attempts_made = NumberAttribute()
    due_at = UnicodeAttribute()
    created_at = UnicodeAttribute()
    attempts = JSONAttribute()
    expires_at = NumberAttribute()


class WebhookOutboxItem(OutboxItem):
    """An event of a webhook that waits for the relay."""

    class Meta(_Table):
        pass

    sk = UnicodeAttribute(range_key=True, default="OUTBOX")


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
    return WebhookItem(
        pk=webhook_key(webhook.webhook_id),
        webhook_id=webhook.webhook_id,
        owner=webhook.owner,
        sees_all=webhook.sees_all,
        url=webhook.url,
        event_types=list(webhook.event_types),
        description=webhook.description,
        enabled=webhook.enabled,
        secrets=[{"sealed": each.sealed, "valid_until": to_text(each.valid_until)} for each in webhook.secrets],
        version=webhook.version,
        created_at=webhook.created_at.isoformat(),
        updated_at=webhook.updated_at.isoformat(),
        failing_since=to_text(webhook.failing_since),
        failed_at=to_text(webhook.failed_at),
        disabled_because=webhook.disabled_because,
    )


def webhook_of(item: WebhookItem) -> Webhook:
    """Return the webhook of an item."""
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


def delivery_item(delivery: Delivery) -> DeliveryItem:
    """Return the item of a delivery."""
    return DeliveryItem(
        pk=delivery_key(delivery.webhook_id),
        sk=delivery.delivery_id,
        webhook_id=delivery.webhook_id,
        event_type=delivery.event_type,
        subject=delivery.subject,
        body=delivery.body,
        state=delivery.state,
        is_test=delivery.is_test,
        tries=delivery.tries,
        attempts_made=delivery.attempts_made,
        due_at=delivery.due_at.isoformat(),
        created_at=delivery.created_at.isoformat(),
        attempts=[asdict(attempt) | {"at": attempt.at.isoformat()} for attempt in delivery.attempts],
        expires_at=int(time.time()) + DELIVERY_KEPT_S,
    )


def delivery_of(item: DeliveryItem) -> Delivery:
    """Return the delivery of an item."""
    attempts: list[dict[str, Any]] = item.attempts
    return Delivery(
        webhook_id=item.webhook_id,
        delivery_id=item.sk,
        event_type=item.event_type,
        subject=item.subject,
        body=item.body,
        state=cast("State", item.state),
        is_test=item.is_test,
        tries=int(item.tries),
        attempts_made=int(item.attempts_made),
        due_at=datetime.fromisoformat(item.due_at),
        created_at=datetime.fromisoformat(item.created_at),
        attempts=tuple(Attempt(**each | {"at": datetime.fromisoformat(each["at"])}) for each in attempts),
    )


def to_text(time: datetime | None) -> str | None:
    """Return a time as it is stored."""
    return time.isoformat() if time else None


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
