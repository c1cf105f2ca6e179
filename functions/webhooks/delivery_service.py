"""The use cases of deliveries; those of webhooks are in `service.py`."""

from collections.abc import Callable
from contextlib import suppress

from functions.shared.errors import StaleVersion, Unavailable
from functions.shared.http.pages import Page
from functions.shared.identifiers import is_id
from functions.shared.optimistic_locking import retry_if_stale
from functions.webhooks.deliveries import Delivery, make_delivery, restarted
from functions.webhooks.domain import Webhook, trial_event
from functions.webhooks.errors import DeliveryNotFound, WebhookDisabled
from functions.webhooks.event_access import EventAccess
from functions.webhooks.ports import DeliveryStore, TaskQueue
from functions.webhooks.service import WebhookService
from functions.webhooks.tasks import attempt_reminder, attempt_task


class DeliveryService:
    """The use cases of deliveries.

    Args:
        queue: Returns the queue; called only by requests that send a task.
    """

    def __init__(self, *, webhooks: WebhookService, deliveries: DeliveryStore, queue: Callable[[], TaskQueue]) -> None:
        self._webhooks = webhooks
        self._deliveries = deliveries
        self._queue = queue

    def test(self, webhook_id: str, *, access: EventAccess) -> Delivery:
        """Start the delivery of a test event, with one attempt, even if the webhook is disabled.

        Raises:
            WebhookNotFound: There is no webhook with this id, or it belongs to another owner.
            EventsNotReadable: The caller may not read the events of the webhook.
            Unavailable: The queue is unavailable.
        """
        webhook = self._webhooks.get_readable(webhook_id, access=access)
        delivery = make_delivery(webhook.webhook_id, trial_event(webhook), is_test=True)
        self._start(delivery, lambda: self._deliveries.add(delivery))
        return delivery

    def list_page(self, webhook_id: str, *, limit: int, after: str | None, access: EventAccess) -> Page[Delivery]:
        """Return at most `limit` deliveries of a webhook after this position, newest first.

        Raises:
            WebhookNotFound: There is no webhook with this id, or it belongs to another owner.
            EventsNotReadable: The caller may not read the events of the webhook.
        """
        webhook = self._webhooks.get_readable(webhook_id, access=access)
        return self._deliveries.list_page(webhook.webhook_id, limit=limit, after=after)

    def get(self, webhook_id: str, delivery_id: str, *, access: EventAccess) -> Delivery:
        """Return a delivery with the log of its attempts.

        Raises:
            WebhookNotFound: There is no webhook with this id, or it belongs to another owner.
            DeliveryNotFound: The webhook has no such delivery, or it has expired.
            EventsNotReadable: The caller may not read the events of the webhook, or the event of the delivery.
        """
        return self._get(self._webhooks.get_readable(webhook_id, access=access), delivery_id, access)

    def redeliver(self, webhook_id: str, delivery_id: str, *, access: EventAccess) -> Delivery:
        """Start a delivery again, in any state, from the beginning of its schedule.

        Raises:
            WebhookNotFound: There is no webhook with this id, or it belongs to another owner.
            DeliveryNotFound: The webhook has no such delivery, or it has expired.
            EventsNotReadable: The caller may not read the events of the webhook, or the event of the delivery.
            WebhookDisabled: The webhook is disabled, and the delivery is not a test.
            Unavailable: Attempts kept being recorded at the same time, or the queue is unavailable.
        """
        webhook = self._webhooks.get_readable(webhook_id, access=access)

        def attempt() -> Delivery:
            delivery = self._get(webhook, delivery_id, access)
            if not webhook.enabled and not delivery.is_test:
                raise WebhookDisabled
            again = restarted(delivery)
            if not self._start(again, lambda: self._deliveries.replace(delivery, again)):
                raise StaleVersion
            return again

        return retry_if_stale(attempt, busy="The delivery is being attempted. Try again.")

    def _start(self, delivery: Delivery, record: Callable[[], bool]) -> bool:
        """Record a delivery and send its task, even if the function ends between the two; return `record`'s result."""
        queue = self._queue()
        queue.send([attempt_reminder(delivery)])
        if not record():
            return False
        # If this fails, the reminder starts the attempt later.
        with suppress(Unavailable):
            queue.send([attempt_task(delivery)])
        return True

    def _get(self, webhook: Webhook, delivery_id: str, access: EventAccess) -> Delivery:
        delivery = self._deliveries.find(webhook.webhook_id, delivery_id) if is_id(delivery_id) else None
        if delivery is None:
            raise DeliveryNotFound
        # When the delivery was made, the webhook may have been sent other event types than now.
        access.check_delivery(delivery)
        return delivery
