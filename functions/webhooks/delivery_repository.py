"""Deliveries in DynamoDB, each in one item with the log of its attempts, so that an attempt is one write."""

from itertools import islice
from typing import TYPE_CHECKING

from pynamodb.exceptions import DoesNotExist, UpdateError

from functions.shared.aws.dynamodb import (
    CONDITION_FAILED,
    ConditionFailed,
    changes_between,
    commit_alone,
    translated_errors,
)
from functions.shared.http.pages import Page
from functions.webhooks.deliveries import Delivery
from functions.webhooks.items import DeliveryItem, delivery_item, delivery_key, delivery_of

if TYPE_CHECKING:
    from functions.webhooks.ports import DeliveryStore


class DeliveryRepository:
    """The `DeliveryStore` on DynamoDB."""

    def add(self, delivery: Delivery) -> bool:
        """See `DeliveryStore.add`: the key of the delivery is also the inbox."""
        try:
            commit_alone(delivery_item(delivery), condition=DeliveryItem.pk.does_not_exist())
        except ConditionFailed:
            return False
        return True

    def replace(self, before: Delivery, after: Delivery) -> bool:
        """See `DeliveryStore.replace`: an attempt changes `attempts_made`, a redelivery `due_at`."""
        unchanged = DeliveryItem.attempts_made == before.attempts_made
        item = delivery_item(after)
        # The delivery is kept for its time from the last attempt on.
        actions = [*changes_between(delivery_item(before), item), DeliveryItem.expires_at.set(item.expires_at)]
        with translated_errors():
            try:
                item.update(actions, condition=unchanged & (DeliveryItem.due_at == before.due_at))
            except UpdateError as error:
                if error.cause_response_code == CONDITION_FAILED:
                    return False
                raise
        return True

    def find(self, webhook_id: str, delivery_id: str) -> Delivery | None:
        """See `DeliveryStore.find`."""
        with translated_errors():
            try:
                return delivery_of(DeliveryItem.get(delivery_key(webhook_id), delivery_id, consistent_read=True))
            except DoesNotExist:
                return None

    def list_page(self, webhook_id: str, *, limit: int, after: str | None) -> Page[Delivery]:
        """See `DeliveryStore.list_page`: one query of at most `limit` + 1 items."""
        rest = DeliveryItem.delivery_id < after if after else None
        with translated_errors():
            found = DeliveryItem.query(
                delivery_key(webhook_id), rest, limit=limit + 1, page_size=limit + 1, scan_index_forward=False
            )
            items = list(islice(found, limit + 1))
        page = [delivery_of(item) for item in items[:limit]]
        return Page(items=page, next_position=page[-1].delivery_id if len(items) > limit else None)


if TYPE_CHECKING:
    _: DeliveryStore = DeliveryRepository()
