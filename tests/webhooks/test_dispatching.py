"""From events to deliveries, even if the function ends in between."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.shared.errors import Unavailable
from functions.shared.messaging.dead_letters import Refused
from functions.shared.messaging.inbox import AlreadySeen
from functions.webhooks.dispatching import Dispatcher
from functions.webhooks.ports import Stores
from functions.webhooks.tasks import NextDeliveries
from tests.webhooks.fakes import FakeDeliveryStore, FakeTaskQueue, FakeWebhookStore
from tests.webhooks.things import a_webhook, an_event


class Setup:
    """A dispatcher with its stores and queue."""

    def __init__(self, *failures: Exception) -> None:
        self.webhooks, self.deliveries, self.queue = FakeWebhookStore(), FakeDeliveryStore(), FakeTaskQueue(*failures)
        stores = Stores(webhooks=self.webhooks, deliveries=self.deliveries)
        self.dispatcher = Dispatcher(stores=stores, queue=self.queue, at_once=3)

    def targets(self) -> list[str]:
        return [str(message.content["webhook_id"]) for message in self.queue.sent if "attempt" in message.content]

    def next_deliveries(self) -> list[NextDeliveries]:
        return [NextDeliveries(**message.content) for message in self.queue.sent if "after" in message.content]


def test_each_webhook_that_receives_an_event_gets_a_delivery_and_a_task() -> None:
    setup = Setup()
    webhooks = [a_webhook(sees_all=True), a_webhook("*", sees_all=True)]
    for webhook in [*webhooks, a_webhook("users/UserUpdated.v1", sees_all=True)]:
        setup.webhooks.add(webhook)
    event = an_event()

    setup.dispatcher.dispatch(event)

    assert set(setup.deliveries.deliveries) == {(each.webhook_id, event.event_id) for each in webhooks}
    assert sorted(setup.targets()) == sorted(each.webhook_id for each in webhooks)
    assert {message.group for message in setup.queue.sent} == {each.webhook_id for each in webhooks}
    delivery = next(iter(setup.deliveries.deliveries.values()))
    assert delivery.body == event.to_json()


@pytest.mark.parametrize(("count", "steps"), [(3, 0), (4, 1), (10, 3)])
def test_an_event_of_many_webhooks_is_dispatched_in_steps_despite_failures(count: int, steps: int) -> None:
    setup = Setup()
    webhooks = [a_webhook(sees_all=True) for _ in range(count)]
    for webhook in webhooks:
        setup.webhooks.add(webhook)
    event = an_event()

    setup.dispatcher.dispatch(event)
    assert len(setup.deliveries.deliveries) == 3
    for number in range(steps):
        setup.queue.failures = [Unavailable()]
        with pytest.raises(Unavailable):
            setup.dispatcher.resume(setup.next_deliveries()[number])
        setup.dispatcher.resume(setup.next_deliveries()[number])

    assert len(setup.next_deliveries()) == steps
    assert sorted(setup.targets()) == sorted(each.webhook_id for each in webhooks)
    assert {each.body for each in setup.deliveries.deliveries.values()} == {event.to_json()}


def test_an_event_with_an_expired_delivery_is_refused() -> None:
    with pytest.raises(Refused, match="gone"):
        Setup().dispatcher.resume(NextDeliveries(webhook_id="a", delivery_id="b", after="c"))


def test_an_event_that_no_webhook_receives_makes_no_delivery() -> None:
    setup = Setup()

    setup.dispatcher.dispatch(an_event())

    assert (setup.deliveries.deliveries, setup.queue.sent) == ({}, [])


def test_a_duplicate_event_makes_one_delivery() -> None:
    setup = Setup()
    setup.webhooks.add(a_webhook(sees_all=True))
    event = an_event()
    setup.dispatcher.dispatch(event)

    with pytest.raises(AlreadySeen):
        setup.dispatcher.dispatch(event)

    assert len(setup.deliveries.deliveries) == 1


def test_a_recorded_delivery_whose_task_was_not_sent_is_sent_with_the_redelivered_event() -> None:
    setup = Setup(Unavailable())
    webhook = a_webhook(sees_all=True)
    setup.webhooks.add(webhook)
    event = an_event()
    with pytest.raises(Unavailable):
        setup.dispatcher.dispatch(event)

    with pytest.raises(AlreadySeen):
        setup.dispatcher.dispatch(event)

    assert setup.targets() == [webhook.webhook_id]


@given(st.lists(st.integers(min_value=0, max_value=4), max_size=30), st.lists(st.booleans(), max_size=10))
def test_events_in_any_order_and_number_make_one_delivery_each(order: list[int], queue_fails: list[bool]) -> None:
    setup = Setup()
    webhook = a_webhook(sees_all=True)
    setup.webhooks.add(webhook)
    events = [an_event() for _ in range(5)]

    done: set[str] = set()
    for number, fails in zip(order, [*queue_fails, *[False] * len(order)], strict=False):
        setup.queue.failures = [Unavailable()] if fails else []
        try:
            setup.dispatcher.dispatch(events[number])
        except Unavailable:
            continue
        except AlreadySeen:
            pass
        done.add(events[number].event_id)

    assert {str(message.content["delivery_id"]) for message in setup.queue.sent} == done
    assert done <= {delivery for _, delivery in setup.deliveries.deliveries}
