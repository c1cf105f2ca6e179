"""From events to deliveries, with what ends in between."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.shared.errors import Unavailable
from functions.shared.messaging.dead_letters import Refused
from functions.shared.messaging.inbox import AlreadySeen
from functions.webhooks.dispatching import Dispatcher
from functions.webhooks.stores import Stores
from functions.webhooks.tasks import Rest
from tests.webhooks.fakes import FakeDeliveryStore, FakeTasks, FakeWebhookStore
from tests.webhooks.things import a_webhook, an_event


class World:
    """A dispatcher and what it stands on."""

    def __init__(self, *failures: Exception) -> None:
        self.webhooks, self.deliveries, self.tasks = FakeWebhookStore(), FakeDeliveryStore(), FakeTasks(*failures)
        stores = Stores(webhooks=self.webhooks, deliveries=self.deliveries)
        self.dispatcher = Dispatcher(stores=stores, tasks=self.tasks, at_once=3)

    def targets(self) -> list[str]:
        return [str(message.content["webhook_id"]) for message in self.tasks.sent if "attempt" in message.content]

    def rests(self) -> list[Rest]:
        return [Rest(**message.content) for message in self.tasks.sent if "after" in message.content]


def test_each_webhook_that_wants_an_event_gets_a_delivery_and_a_task() -> None:
    world = World()
    webhooks = [a_webhook(sees_all=True), a_webhook("*", sees_all=True)]
    for webhook in [*webhooks, a_webhook("users/UserUpdated.v1", sees_all=True)]:
        world.webhooks.add(webhook)
    event = an_event()

    world.dispatcher.dispatch(event)

    assert set(world.deliveries.deliveries) == {(each.webhook_id, event.event_id) for each in webhooks}
    assert sorted(world.targets()) == sorted(each.webhook_id for each in webhooks)
    assert {message.group for message in world.tasks.sent} == {each.webhook_id for each in webhooks}
    delivery = next(iter(world.deliveries.deliveries.values()))
    assert delivery.body == event.to_json()


@pytest.mark.parametrize(("count", "steps"), [(3, 0), (4, 1), (10, 3)])
def test_an_event_that_many_want_is_delivered_step_by_step_with_what_fails_in_between(count: int, steps: int) -> None:
    world = World()
    webhooks = [a_webhook(sees_all=True) for _ in range(count)]
    for webhook in webhooks:
        world.webhooks.add(webhook)
    event = an_event()

    world.dispatcher.dispatch(event)
    assert len(world.deliveries.deliveries) == 3
    for number in range(steps):
        world.tasks.failures = [Unavailable()]
        with pytest.raises(Unavailable):
            world.dispatcher.go_on(world.rests()[number])
        world.dispatcher.go_on(world.rests()[number])

    assert len(world.rests()) == steps
    assert sorted(world.targets()) == sorted(each.webhook_id for each in webhooks)
    assert {each.body for each in world.deliveries.deliveries.values()} == {event.to_json()}


def test_an_event_whose_delivery_is_gone_is_given_up_with_a_reason() -> None:
    with pytest.raises(Refused, match="gone"):
        World().dispatcher.go_on(Rest(webhook_id="a", delivery_id="b", after="c"))


def test_an_event_that_nobody_wants_makes_nothing() -> None:
    world = World()

    world.dispatcher.dispatch(an_event())

    assert (world.deliveries.deliveries, world.tasks.sent) == ({}, [])


def test_an_event_that_comes_twice_makes_one_delivery() -> None:
    world = World()
    world.webhooks.add(a_webhook(sees_all=True))
    event = an_event()
    world.dispatcher.dispatch(event)

    with pytest.raises(AlreadySeen):
        world.dispatcher.dispatch(event)

    assert len(world.deliveries.deliveries) == 1


def test_what_was_written_but_not_sent_is_sent_when_the_event_comes_again() -> None:
    world = World(Unavailable())
    webhook = a_webhook(sees_all=True)
    world.webhooks.add(webhook)
    event = an_event()
    with pytest.raises(Unavailable):
        world.dispatcher.dispatch(event)

    with pytest.raises(AlreadySeen):
        world.dispatcher.dispatch(event)

    assert world.targets() == [webhook.webhook_id]


@given(st.lists(st.integers(min_value=0, max_value=4), max_size=30), st.lists(st.booleans(), max_size=10))
def test_in_whatever_order_and_however_often_events_come_each_makes_one_delivery(
    order: list[int], queue_fails: list[bool]
) -> None:
    world = World()
    webhook = a_webhook(sees_all=True)
    world.webhooks.add(webhook)
    events = [an_event() for _ in range(5)]

    done: set[str] = set()
    for number, fails in zip(order, [*queue_fails, *[False] * len(order)], strict=False):
        world.tasks.failures = [Unavailable()] if fails else []
        try:
            world.dispatcher.dispatch(events[number])
        except Unavailable:
            continue
        except AlreadySeen:
            pass
        done.add(events[number].event_id)

    assert {str(message.content["delivery_id"]) for message in world.tasks.sent} == done
    assert done <= {delivery for _, delivery in world.deliveries.deliveries}
