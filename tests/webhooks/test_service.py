"""A requested delivery is made, even if the function ends during the request."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from functions.shared.messaging.work_queue import Task
from functions.webhooks.deliveries import Delivery, after_attempt
from functions.webhooks.delivering import Deliverer, RetryPolicy
from functions.webhooks.delivery_service import DeliveryService
from functions.webhooks.event_access import EventAccess
from functions.webhooks.ports import Stores
from functions.webhooks.service import WebhookService
from tests.webhooks.fakes import FakeDeliveryStore, FakeSender, FakeTaskQueue, FakeWebhookStore
from tests.webhooks.things import a_delivery, a_webhook, an_attempt, box

ACCESS = EventAccess(subject="alice", restricted_to="alice", sources=None)
DAY = timedelta(days=1)


class End(BaseException):
    """The function ends, because it is out of time or memory."""


class System:
    """The services, their stores and queue, and the worker."""

    def __init__(self) -> None:
        self.webhook = a_webhook()
        self.deliveries, self.queue, self.sender = FakeDeliveryStore(), FakeTaskQueue(), FakeSender()
        stores = Stores(webhooks=FakeWebhookStore(), deliveries=self.deliveries)
        stores.webhooks.add(self.webhook)
        webhooks = WebhookService(
            stores.webhooks,
            secrets=box(),
            check_url=lambda _: None,
            rotation_overlap=DAY,
        )
        self.service = DeliveryService(webhooks=webhooks, deliveries=self.deliveries, queue=lambda: self.queue)
        self.deliverer = Deliverer(
            stores=stores,
            queue=self.queue,
            secrets=box(),
            sender=self.sender,
            policy=RetryPolicy(delays_s=(), disabled_after=DAY, forgotten_after=DAY),
            is_deactivated=lambda _: False,
        )
        failed = replace(after_attempt(a_delivery(self.webhook), an_attempt(), delays_s=[]), state="exhausted")
        self.deliveries.add(failed)
        self.failed = failed

    def work(self) -> None:
        """Handle all tasks that were sent."""
        while self.queue.sent:
            self.deliverer.handle(Task(content=self.queue.sent.pop(0).content, receives=1))


def request_a_test(system: System) -> Delivery:
    return system.service.test(system.webhook.webhook_id, access=ACCESS)


def request_a_redelivery(system: System) -> Delivery:
    return system.service.redeliver(system.webhook.webhook_id, system.failed.delivery_id, access=ACCESS)


REQUESTS = pytest.mark.parametrize("request_delivery", [request_a_test, request_a_redelivery])


@REQUESTS
def test_a_requested_delivery_is_made_once(request_delivery: Callable[[System], Delivery]) -> None:
    system = System()

    requested = request_delivery(system)
    # The reminder comes last.
    system.queue.sent.sort(key=lambda message: message.delay_s)
    system.work()

    found = system.deliveries.find(requested.webhook_id, requested.delivery_id)
    assert found
    assert found.state == "delivered"
    assert len(system.sender.calls) == 1


@REQUESTS
def test_a_recorded_delivery_is_made_even_if_the_function_ended_before_it_sent_the_task(
    request_delivery: Callable[[System], Delivery],
) -> None:
    system = System()
    system.queue.failures = [None, End()]
    with pytest.raises(End):
        request_delivery(system)

    system.work()

    assert all(delivery.state == "delivered" for delivery in system.deliveries.deliveries.values() if delivery.is_test)
    assert len(system.sender.calls) == 1


@REQUESTS
def test_a_delivery_that_was_not_recorded_is_not_made(request_delivery: Callable[[System], Delivery]) -> None:
    system = System()
    system.deliveries.failures = [End()]
    with pytest.raises(End):
        request_delivery(system)

    system.work()

    assert [*system.deliveries.deliveries.values()] == [system.failed]
    assert system.sender.calls == []
