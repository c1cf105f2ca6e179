"""A deliverer on stores in memory, with a receiver that answers as a test wants."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from functions.shared.messaging.work_queue import Task
from functions.webhooks.deliveries import Delivery
from functions.webhooks.delivering import Deliverer, RetryPolicy
from functions.webhooks.domain import Webhook
from functions.webhooks.ports import IsDeactivated, Outcome, Sender, Stores
from functions.webhooks.tasks import attempt_task
from tests.webhooks.fakes import FakeDeliveryStore, FakeSender, FakeTaskQueue, FakeWebhookStore
from tests.webhooks.things import a_delivery, a_webhook, box

FAILED = Outcome(status=500, failure="status")
DAY = timedelta(days=1)


class Setup:
    """A deliverer with its stores, queue and receiver."""

    def __init__(
        self, *outcomes: Outcome, delays_s: tuple[float, ...] = (0, 0, 0), webhook: Webhook | None = None
    ) -> None:
        self.webhooks, self.deliveries, self.queue = FakeWebhookStore(), FakeDeliveryStore(), FakeTaskQueue()
        self.sender = FakeSender(*outcomes)
        self.webhook = webhook or a_webhook()
        self.webhooks.add(self.webhook)
        self.delays_s = delays_s
        self.deactivated: set[str] = set()
        self.deliverer = self.deliverer_with(self.sender)

    def deliverer_with(self, sender: Sender, *, is_deactivated: IsDeactivated | None = None) -> Deliverer:
        """Return another worker's deliverer on the same stores and queue."""
        return Deliverer(
            stores=Stores(webhooks=self.webhooks, deliveries=self.deliveries),
            queue=self.queue,
            secrets=box(),
            sender=sender,
            policy=RetryPolicy(delays_s=self.delays_s, disabled_after=5 * DAY, forgotten_after=3 * DAY),
            is_deactivated=is_deactivated or self.deactivated.__contains__,
        )

    def failing(self, *, since: timedelta, last: timedelta) -> None:
        """Record failures from `since` ago until `last` ago."""
        now = datetime.now(UTC)
        webhook = self.known()
        self.webhooks.webhooks[webhook.webhook_id] = replace(webhook, failing_since=now - since, failed_at=now - last)

    def add(self, *, is_test: bool = False, **more: Any) -> Delivery:
        delivery = replace(a_delivery(self.webhook, is_test=is_test), **more)
        self.deliveries.add(delivery)
        return delivery

    def work(self, task: Task | Delivery, *, receives: int = 1) -> None:
        message = attempt_task(task) if isinstance(task, Delivery) else task
        self.deliverer.handle(Task(content=message.content, receives=receives))

    def run(self, delivery: Delivery) -> Delivery:
        """Handle tasks until the queue is empty; return the delivery."""
        self.work(delivery)
        while self.queue.sent:
            self.work(self.queue.sent.pop(0))
        return self.now(delivery)

    def now(self, delivery: Delivery) -> Delivery:
        found = self.deliveries.find(delivery.webhook_id, delivery.delivery_id)
        assert found
        return found

    def known(self) -> Webhook:
        return self.webhooks.webhooks[self.webhook.webhook_id]
