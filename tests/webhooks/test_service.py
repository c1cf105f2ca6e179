"""What is asked for is delivered, wherever the function ends that was asked."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from functions.shared.messaging.work_queue import Task
from functions.webhooks.deliveries import Delivery, after_attempt
from functions.webhooks.delivering import Deliverer, Policy
from functions.webhooks.reading import Reader
from functions.webhooks.service import Limits, WebhookService
from functions.webhooks.stores import Stores
from tests.webhooks.fakes import FakeDeliveryStore, FakeSender, FakeTasks, FakeWebhookStore
from tests.webhooks.things import a_delivery, a_webhook, an_attempt, box

READER = Reader(subject="alice", sees_all=False, sources=None)
DAY = timedelta(days=1)


class End(BaseException):
    """The function ends: it is out of time or memory."""


class World:
    """The service, what it stands on, and the worker."""

    def __init__(self) -> None:
        self.webhook = a_webhook()
        self.deliveries, self.tasks, self.sender = FakeDeliveryStore(), FakeTasks(), FakeSender()
        stores = Stores(webhooks=FakeWebhookStore(), deliveries=self.deliveries)
        stores.webhooks.add(self.webhook)
        self.service = WebhookService(
            stores=stores,
            tasks=lambda: self.tasks,
            secrets=box(),
            check_url=lambda _: None,
            limits=Limits(rotation_overlap=DAY, webhooks_per_owner=1),
        )
        self.deliverer = Deliverer(
            stores=stores,
            tasks=self.tasks,
            secrets=box(),
            sender=self.sender,
            policy=Policy(delays_s=(), disabled_after=DAY, forgotten_after=DAY),
        )
        failed = replace(after_attempt(a_delivery(self.webhook), an_attempt(), delays_s=[]), state="exhausted")
        self.deliveries.add(failed)
        self.failed = failed

    def work(self) -> None:
        """Work on all that was sent."""
        while self.tasks.sent:
            self.deliverer.work(Task(content=self.tasks.sent.pop(0).content, receives=1))


def ask_for_a_test(world: World) -> Delivery:
    return world.service.test(world.webhook.webhook_id, reader=READER)


def ask_for_it_again(world: World) -> Delivery:
    return world.service.redeliver(world.webhook.webhook_id, world.failed.delivery_id, reader=READER)


ASKS = pytest.mark.parametrize("ask", [ask_for_a_test, ask_for_it_again])


@ASKS
def test_what_is_asked_for_is_delivered_once(ask: Callable[[World], Delivery]) -> None:
    world = World()

    asked = ask(world)
    # The reminder comes last.
    world.tasks.sent.sort(key=lambda message: message.delay_s)
    world.work()

    found = world.deliveries.find(asked.webhook_id, asked.delivery_id)
    assert found
    assert found.state == "delivered"
    assert len(world.sender.calls) == 1


@ASKS
def test_what_was_recorded_is_delivered_where_the_function_ended_before_its_task_was_sent(
    ask: Callable[[World], Delivery],
) -> None:
    world = World()
    world.tasks.failures = [None, End()]
    with pytest.raises(End):
        ask(world)

    world.work()

    assert all(delivery.state == "delivered" for delivery in world.deliveries.deliveries.values() if delivery.is_test)
    assert len(world.sender.calls) == 1


@ASKS
def test_what_was_not_recorded_is_not_sent(ask: Callable[[World], Delivery]) -> None:
    world = World()
    world.deliveries.failures = [End()]
    with pytest.raises(End):
        ask(world)

    world.work()

    assert [*world.deliveries.deliveries.values()] == [world.failed]
    assert world.sender.calls == []
