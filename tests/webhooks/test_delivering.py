"""The worker's part, with what ends in between and what comes twice."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook as Verifier

from functions.shared.errors import Unavailable
from functions.shared.messaging.work_queue import LONGEST_DELAY_S, Task
from functions.webhooks.deliveries import Delivery, asked_for_again
from functions.webhooks.delivering import Deliverer, Policy, retry_after_s
from functions.webhooks.domain import Changes, SealedSecret, Webhook, change_webhook, disable_webhook
from functions.webhooks.sealing import Unopenable
from functions.webhooks.sender import Outcome
from functions.webhooks.stores import Stores
from functions.webhooks.tasks import task_of
from tests.webhooks.fakes import FakeDeliveryStore, FakeSender, FakeTasks, FakeWebhookStore
from tests.webhooks.things import SECRET, URL, a_delivery, a_webhook, box

FAILED = Outcome(status=500, failure="status")
DAY = timedelta(days=1)


class World:
    """A worker and what it stands on; the queue holds what is sent."""

    def __init__(
        self, *outcomes: Outcome, delays_s: tuple[float, ...] = (0, 0, 0), webhook: Webhook | None = None
    ) -> None:
        self.webhooks, self.deliveries, self.tasks = FakeWebhookStore(), FakeDeliveryStore(), FakeTasks()
        self.sender = FakeSender(*outcomes)
        self.webhook = webhook or a_webhook()
        self.webhooks.add(self.webhook)
        self.deliverer = Deliverer(
            stores=Stores(webhooks=self.webhooks, deliveries=self.deliveries),
            tasks=self.tasks,
            secrets=box(),
            sender=self.sender,
            policy=Policy(delays_s=delays_s, disabled_after=5 * DAY, forgotten_after=3 * DAY),
        )

    def failing(self, *, since: timedelta, last: timedelta) -> None:
        """Let it have failed from so long ago until so long ago."""
        now = datetime.now(UTC)
        webhook = self.known()
        self.webhooks.webhooks[webhook.webhook_id] = replace(webhook, failing_since=now - since, failed_at=now - last)

    def add(self, *, is_test: bool = False, **more: Any) -> Delivery:
        delivery = replace(a_delivery(self.webhook, is_test=is_test), **more)
        self.deliveries.add(delivery)
        return delivery

    def work(self, task: Task | Delivery, *, receives: int = 1) -> None:
        message = task_of(task) if isinstance(task, Delivery) else task
        self.deliverer.work(Task(content=message.content, receives=receives))

    def run(self, delivery: Delivery) -> Delivery:
        """Work until the queue is empty; return what became of the delivery."""
        self.work(delivery)
        while self.tasks.sent:
            self.work(self.tasks.sent.pop(0))
        return self.now(delivery)

    def now(self, delivery: Delivery) -> Delivery:
        found = self.deliveries.find(delivery.webhook_id, delivery.delivery_id)
        assert found
        return found

    def known(self) -> Webhook:
        return self.webhooks.webhooks[self.webhook.webhook_id]


def test_a_delivery_is_sent_signed_and_logged() -> None:
    world = World(Outcome(status=204))
    delivery = world.add()

    after = world.run(delivery)

    [(url, body, headers)] = world.sender.calls
    assert (url, body.decode()) == (URL, delivery.body)
    assert Verifier(SECRET).verify(body, dict(headers))["id"] == headers["webhook-id"] == delivery.delivery_id
    assert headers["Content-Type"] == "application/cloudevents+json"
    assert (after.state, [attempt.status for attempt in after.attempts]) == ("delivered", [204])


def test_a_secret_of_before_that_no_key_opens_any_more_is_left_out() -> None:
    lost = SealedSecret(
        sealed=box("lost").seal("whsec_abc", webhook_id="any"), valid_until=datetime.now(UTC) + timedelta(hours=1)
    )
    known = a_webhook()
    world = World(webhook=replace(known, secrets=(*known.secrets, lost)))

    assert world.run(world.add()).state == "delivered"

    [(_, body, headers)] = world.sender.calls
    assert headers["webhook-signature"].count("v1,") == 1
    assert Verifier(SECRET).verify(body, dict(headers))


def test_nothing_is_sent_while_the_newest_secret_does_not_open() -> None:
    sealed = SealedSecret(sealed=box("lost").seal("whsec_abc", webhook_id="any"))
    world = World(webhook=replace(a_webhook(), secrets=(sealed,)))
    delivery = world.add()

    with pytest.raises(Unopenable):
        world.work(delivery)

    assert (world.sender.calls, world.now(delivery)) == ([], delivery)


def test_what_fails_is_tried_until_the_schedule_ends_with_one_id() -> None:
    world = World(FAILED)

    after = world.run(world.add())

    assert (after.state, after.attempts_made) == ("exhausted", 4)
    assert len({headers["webhook-id"] for _, _, headers in world.sender.calls}) == 1


def test_a_success_after_failures_ends_the_tries_and_the_failing() -> None:
    world = World(FAILED, Outcome(failure="timeout"), Outcome(status=200))

    after = world.run(world.add())

    assert [attempt.failure for attempt in after.attempts] == ["status", "timeout", None]
    assert after.state == "delivered"
    assert world.known().failing_since is None


def test_what_is_not_due_waits_in_steps_that_the_queue_can_hold() -> None:
    world = World()
    delivery = world.add(due_at=datetime.now(UTC) + timedelta(hours=2))

    world.work(delivery)

    assert world.sender.calls == []
    [message] = world.tasks.sent
    assert message.delay_s == LONGEST_DELAY_S
    assert message.content == task_of(delivery).content


@pytest.mark.parametrize(("wait_s", "expected_s"), [(-5, 0), (0.2, 1), (30, 30), (899.5, 900), (90_000, 900)])
def test_a_task_is_held_back_until_it_is_due(wait_s: float, expected_s: int) -> None:
    delivery = replace(a_delivery(a_webhook()), due_at=datetime.now(UTC) + timedelta(seconds=wait_s))

    assert task_of(delivery).delay_s == pytest.approx(expected_s, abs=1)
    assert task_of(delivery).delay_s <= LONGEST_DELAY_S


def test_what_the_receiver_asks_for_is_waited_for() -> None:
    world = World(Outcome(status=429, failure="status", retry_after="60"), delays_s=(5, 90))

    world.work(world.add())

    assert world.tasks.sent[0].delay_s == pytest.approx(60, abs=1)


def test_a_task_whose_attempt_is_recorded_does_nothing_more() -> None:
    world = World(FAILED, delays_s=(0, 300))
    delivery = world.add()
    world.work(delivery)
    world.tasks.sent.clear()

    world.work(delivery)

    assert (len(world.sender.calls), world.tasks.sent) == (1, [])


def test_a_task_that_ended_before_the_next_was_sent_comes_again_and_sends_it() -> None:
    world = World(FAILED, delays_s=(0, 300))
    delivery = world.add()
    world.tasks.failures = [Unavailable()]
    with pytest.raises(Unavailable):
        world.work(delivery)

    world.work(delivery, receives=2)

    assert [message.content["attempt"] for message in world.tasks.sent] == [2]
    assert len(world.sender.calls) == 1


def test_two_workers_with_one_task_record_one_attempt_and_send_one_task() -> None:
    world = World(FAILED, delays_s=(0, 300))
    delivery = world.add()

    class Twin(FakeSender):
        def post(self, *_: Any) -> Outcome:
            world.work(delivery)
            return FAILED

    twin = Deliverer(
        stores=Stores(webhooks=world.webhooks, deliveries=world.deliveries),
        tasks=world.tasks,
        secrets=box(),
        sender=Twin(),
        policy=Policy(delays_s=(0, 300), disabled_after=DAY, forgotten_after=DAY),
    )
    twin.work(Task(content=task_of(delivery).content, receives=1))

    assert world.now(delivery).attempts_made == 1
    assert [message.content["attempt"] for message in world.tasks.sent] == [2]


@pytest.mark.parametrize("outcome", [FAILED, Outcome(status=204)])
def test_who_asks_again_during_the_last_attempt_is_sent_another_one_with_a_schedule_of_its_own(
    outcome: Outcome,
) -> None:
    world = World(outcome, FAILED, Outcome(status=200), delays_s=(0,))
    delivery = world.add(tries=1, attempts_made=1)
    asked: list[Task] = []

    class Asked(FakeSender):
        def post(self, *call: Any) -> Outcome:
            again = asked_for_again(delivery)
            assert world.deliveries.replace(delivery, again)
            asked.append(task_of(again))
            return world.sender.post(*call)

    Deliverer(
        stores=Stores(webhooks=world.webhooks, deliveries=world.deliveries),
        tasks=world.tasks,
        secrets=box(),
        sender=Asked(),
        policy=Policy(delays_s=(0,), disabled_after=DAY, forgotten_after=DAY),
    ).work(Task(content=task_of(delivery).content, receives=1))
    world.tasks.sent += asked
    while world.tasks.sent:
        world.work(world.tasks.sent.pop(0))

    after = world.now(delivery)
    assert (after.state, after.attempts_made) == ("delivered", 3)
    assert len(world.sender.calls) == 3


@given(st.lists(st.tuples(st.integers(0, 3), st.booleans(), st.booleans()), max_size=25))
def test_tasks_that_come_twice_late_or_not_at_all_at_first_lose_nothing(steps: list[tuple[int, bool, bool]]) -> None:
    """Whatever is worked again, and whenever the queue fails: in the end the schedule was kept, each number once."""
    world = World(FAILED)
    delivery = world.add()
    waiting: list[tuple[Task, int]] = [(task_of(delivery), 1)]

    def work(place: int, *, again: bool, fails: bool) -> None:
        message, receives = waiting[place % len(waiting)] if again else waiting.pop(place % len(waiting))
        world.tasks.failures = [Unavailable()] if fails else []
        try:
            world.work(message, receives=receives)
        except Unavailable:
            waiting.append((message, receives + 1))
        waiting.extend((sent, 1) for sent in world.tasks.sent)
        world.tasks.sent.clear()

    for place, again, fails in steps:
        if waiting:
            work(place, again=again, fails=fails)
    while waiting:
        work(0, again=False, fails=False)

    after = world.now(delivery)
    assert (after.state, [attempt.number for attempt in after.attempts]) == ("exhausted", [1, 2, 3, 4])


def test_failing_begins_with_the_first_failure_and_disables_after_days() -> None:
    world = World(FAILED)
    world.run(world.add())
    since = world.known().failing_since
    assert since
    assert datetime.now(UTC) - since < timedelta(minutes=1)
    assert world.known().enabled

    world.failing(since=5 * DAY, last=2 * DAY)
    world.run(world.add())

    assert (world.known().enabled, world.known().disabled_because) == (False, "failing")
    assert [event.type for event in world.webhooks.events] == ["WebhookDisabled.v1"]


def test_failures_of_long_ago_are_forgotten_when_a_new_one_comes() -> None:
    world = World(FAILED, delays_s=(300,))
    world.failing(since=30 * DAY, last=29 * DAY)

    world.work(world.add())

    assert world.known().enabled
    since = world.known().failing_since
    assert since
    assert datetime.now(UTC) - since < timedelta(minutes=1)


def test_a_webhook_of_which_no_last_failure_is_known_begins_to_fail_anew() -> None:
    """One that began to fail before last failures were noted."""
    world = World(FAILED, delays_s=(300,))
    world.failing(since=30 * DAY, last=DAY)
    world.webhooks.webhooks[world.webhook.webhook_id] = replace(world.known(), failed_at=None)

    world.work(world.add())

    assert world.known().enabled


def test_failures_go_on_as_long_as_one_follows_another() -> None:
    world = World(FAILED, delays_s=(300,))
    world.failing(since=4 * DAY, last=2 * DAY)
    since = world.known().failing_since

    world.work(world.add())
    noted = world.known()
    world.work(world.add())

    assert noted.failing_since == since
    assert noted.failed_at
    assert datetime.now(UTC) - noted.failed_at < timedelta(minutes=1)
    # The next one, a moment later, is not worth a write.
    assert world.known() == noted


def test_a_success_while_another_worker_waits_for_the_receiver_keeps_its_failure_from_disabling() -> None:
    world = World(Outcome(status=200))
    world.failing(since=6 * DAY, last=DAY)
    hanging, delivered = world.add(), world.add()

    class Hanging(FakeSender):
        def post(self, *_: Any) -> Outcome:
            world.work(delivered)
            return Outcome(failure="timeout")

    Deliverer(
        stores=Stores(webhooks=world.webhooks, deliveries=world.deliveries),
        tasks=world.tasks,
        secrets=box(),
        sender=Hanging(),
        policy=Policy(delays_s=(300,), disabled_after=5 * DAY, forgotten_after=3 * DAY),
    ).work(Task(content=task_of(hanging).content, receives=1))

    assert world.now(delivered).state == "delivered"
    assert (world.known().enabled, world.known().failing_since) == (True, None)
    assert world.webhooks.events == []


def test_who_is_gone_is_disabled_at_once() -> None:
    world = World(Outcome(status=410, failure="status"))

    after = world.run(world.add())

    assert (after.state, len(after.attempts)) == ("exhausted", 1)
    assert world.known().disabled_because == "gone"


def test_what_an_attempt_says_of_its_receiver_is_noted_when_its_task_comes_again() -> None:
    world = World(Outcome(status=410, failure="status"))
    delivery = world.add()
    world.webhooks.failures = [Unavailable()]
    with pytest.raises(Unavailable):
        world.work(delivery)
    assert (world.now(delivery).state, world.known().enabled) == ("exhausted", True)

    world.work(delivery, receives=2)

    assert (world.known().enabled, world.known().disabled_because) == (False, "gone")
    assert len(world.sender.calls) == 1
    world.work(delivery, receives=3)
    assert [event.type for event in world.webhooks.events] == ["WebhookDisabled.v1"]


def test_who_enables_a_webhook_is_not_overridden_by_a_task_that_comes_again() -> None:
    world = World(Outcome(status=410, failure="status"))
    delivery = world.add()
    world.work(delivery)
    enabled = change_webhook(world.known(), Changes(given=frozenset({"enabled"}), enabled=True))
    assert enabled
    world.webhooks.replace(world.known(), enabled)

    world.work(delivery, receives=2)

    assert world.known() == enabled


def test_what_waits_for_a_disabled_webhook_is_cancelled() -> None:
    world = World()
    delivery = world.add()
    off, _ = disable_webhook(world.webhook, "failing")
    world.webhooks.replace(world.webhook, off)

    assert world.run(delivery).state == "cancelled"
    assert world.sender.calls == []


def test_a_test_that_succeeds_ends_the_failing() -> None:
    world = World(Outcome(status=204))
    world.failing(since=4 * DAY, last=DAY)

    world.run(world.add(is_test=True))

    assert world.known() == world.webhook


def test_a_test_is_sent_to_a_disabled_webhook_once_and_its_failure_says_nothing_of_its_health() -> None:
    off, _ = disable_webhook(a_webhook(), "failing")
    world = World(FAILED, webhook=off)

    after = world.run(world.add(is_test=True))

    assert (after.state, after.attempts_made) == ("exhausted", 1)
    assert world.known() == off


def test_what_was_deleted_meanwhile_is_dropped() -> None:
    world = World()
    delivery = world.add()
    world.webhooks.delete(world.webhook)

    world.work(delivery)

    assert (world.sender.calls, world.tasks.sent) == ([], [])


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, None),
        ("120", 120),
        ("0", 0),
        ("9" * 400, 999_999_999),
        ("Mon, 23 Nov 2026 12:02:00 GMT", 120),
        ("Mon, 23 Nov 2026 11:00:00 GMT", 0),
        ("Mon, 23 Nov 2026 12:02:00", None),
        ("soon", None),
        ("-1", None),
        ("1.5", None),
        ("²", None),
        ("", None),
    ],
)
def test_a_retry_after_is_seconds_or_a_date(header: str | None, expected: int | None) -> None:
    assert retry_after_s(header, datetime(2026, 11, 23, 12, 0, tzinfo=UTC)) == expected
