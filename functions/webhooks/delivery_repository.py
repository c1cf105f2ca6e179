"""Deliveries in DynamoDB, each with its log in one item: an attempt is one write."""

import time
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any, cast

from pynamodb.attributes import BooleanAttribute, JSONAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import DoesNotExist, PutError
from pynamodb.expressions.condition import Condition
from pynamodb.models import Model

from functions.shared.aws.dynamodb import translated_errors
from functions.shared.http.pages import Page
from functions.webhooks.deliveries import Attempt, Delivery, State
from functions.webhooks.repository import TableReach

if TYPE_CHECKING:
    from functions.webhooks.stores import DeliveryStore

# Longer than an event can come again: 4 days in its queue, 14 in the dead-letter queue.
KEPT_S = 30 * 24 * 3600
_CONDITION_FAILED = "ConditionalCheckFailedException"


class DeliveryItem(Model):
    """A delivery: `pk = DELIVERIES#<webhook_id>`, `sk = <delivery_id>`."""

    class Meta(TableReach):
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


class DeliveryRepository:
    """The `DeliveryStore` on DynamoDB."""

    def add(self, delivery: Delivery) -> bool:
        """See `DeliveryStore.add`: the delivery's key is the inbox."""
        return _save(delivery, DeliveryItem.pk.does_not_exist())

    def replace(self, before: Delivery, after: Delivery) -> bool:
        """See `DeliveryStore.replace`: who asks for a delivery again makes it due anew."""
        unchanged = DeliveryItem.attempts_made == before.attempts_made
        return _save(after, unchanged & (DeliveryItem.due_at == before.due_at.isoformat()))

    def find(self, webhook_id: str, delivery_id: str) -> Delivery | None:
        """See `DeliveryStore.find`."""
        with translated_errors():
            try:
                item = DeliveryItem.get(_partition(webhook_id), delivery_id, consistent_read=True)
            except DoesNotExist:
                return None
        return _delivery(item)

    def list_page(self, webhook_id: str, *, limit: int, after: str | None) -> Page[Delivery]:
        """See `DeliveryStore.list_page`: one query of at most `limit` + 1 items."""
        before = DeliveryItem.sk < after if after else None
        with translated_errors():
            found = DeliveryItem.query(
                _partition(webhook_id), before, limit=limit + 1, page_size=limit + 1, scan_index_forward=False
            )
            items = list(islice(found, limit + 1))
        page = [_delivery(item) for item in items[:limit]]
        return Page(items=page, next_position=page[-1].delivery_id if len(items) > limit else None)


def _partition(webhook_id: str) -> str:
    return f"DELIVERIES#{webhook_id}"


def _save(delivery: Delivery, condition: Condition) -> bool:
    with translated_errors():
        try:
            _item(delivery).save(condition=condition)
        except PutError as error:
            if error.cause_response_code == _CONDITION_FAILED:
                return False
            raise
    return True


def _item(delivery: Delivery) -> DeliveryItem:
    return DeliveryItem(
        pk=_partition(delivery.webhook_id),
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
        attempts=[_entry(attempt) for attempt in delivery.attempts],
        expires_at=int(time.time()) + KEPT_S,
    )


def _entry(attempt: Attempt) -> dict[str, Any]:
    return {
        "number": attempt.number,
        "at": attempt.at.isoformat(),
        "duration_ms": attempt.duration_ms,
        "status": attempt.status,
        "failure": attempt.failure,
        "retry_after_s": attempt.retry_after_s,
    }


def _delivery(item: DeliveryItem) -> Delivery:
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
        attempts=tuple(
            Attempt(**{**entry, "at": datetime.fromisoformat(entry["at"])})
            for entry in cast("list[dict[str, Any]]", item.attempts)
        ),
    )


if TYPE_CHECKING:
    _: DeliveryStore = DeliveryRepository()
