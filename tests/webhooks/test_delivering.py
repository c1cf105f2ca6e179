"""Attempts, even if the function ends in between or a task is duplicate."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook as Verifier

from functions.shared.errors import Unavailable
from functions.shared.messaging.work_queue import LONGEST_DELAY_S, Task
from functions.webhooks.deliveries import restarted
from functions.webhooks.delivering import retry_after_s
from functions.webhooks.domain import SealedSecret, disable_webhook
from functions.webhooks.ports import Outcome
from functions.webhooks.sealing import Unopenable
from functions.webhooks.tasks import attempt_task
from tests.webhooks.delivering import DAY, FAILED, Setup
from tests.webhooks.fakes import FakeSender
from tests.webhooks.things import SECRET, URL, a_delivery, a_webhook, box


def test_a_delivery_is_sent_signed_and_logged() -> None:
    setup = Setup(Outcome(status=204))
    delivery = setup.add()

    after = setup.run(delivery)

    [(url, body, headers)] = setup.sender.calls
    assert (url, body.decode()) == (URL, delivery.body)
    assert Verifier(SECRET).verify(body, dict(headers))["id"] == headers["webhook-id"] == delivery.delivery_id
    assert headers["Content-Type"] == "application/cloudevents+json"
    assert (after.state, [attempt.status for attempt in after.attempts]) == ("delivered", [204])


def test_an_earlier_secret_that_cannot_be_opened_is_omitted() -> None:
    lost = SealedSecret(
        sealed=box("lost").seal("whsec_abc", webhook_id="any"), valid_until=datetime.now(UTC) + timedelta(hours=1)
    )
    known = a_webhook()
    setup = Setup(webhook=replace(known, secrets=(*known.secrets, lost)))

    assert setup.run(setup.add()).state == "delivered"

    [(_, body, headers)] = setup.sender.calls
    assert headers["webhook-signature"].count("v1,") == 1
    assert Verifier(SECRET).verify(body, dict(headers))


def test_nothing_is_sent_while_the_newest_secret_cannot_be_opened() -> None:
    sealed = SealedSecret(sealed=box("lost").seal("whsec_abc", webhook_id="any"))
    setup = Setup(webhook=replace(a_webhook(), secrets=(sealed,)))
    delivery = setup.add()

    with pytest.raises(Unopenable):
        setup.work(delivery)

    assert (setup.sender.calls, setup.now(delivery)) == ([], delivery)


def test_a_failing_delivery_is_retried_with_one_id_until_its_schedule_ends() -> None:
    setup = Setup(FAILED)

    after = setup.run(setup.add())

    assert (after.state, after.attempts_made) == ("exhausted", 4)
    assert len({headers["webhook-id"] for _, _, headers in setup.sender.calls}) == 1


def test_a_success_after_failures_ends_the_tries_and_the_failing() -> None:
    setup = Setup(FAILED, Outcome(failure="timeout"), Outcome(status=200))

    after = setup.run(setup.add())

    assert [attempt.failure for attempt in after.attempts] == ["status", "timeout", None]
    assert after.state == "delivered"
    assert setup.known().failing_since is None


def test_a_delivery_that_is_not_due_waits_in_steps_of_the_longest_delay() -> None:
    setup = Setup()
    delivery = setup.add(due_at=datetime.now(UTC) + timedelta(hours=2))

    setup.work(delivery)

    assert setup.sender.calls == []
    [message] = setup.queue.sent
    assert message.delay_s == LONGEST_DELAY_S
    assert message.content == attempt_task(delivery).content


@pytest.mark.parametrize(("wait_s", "expected_s"), [(-5, 0), (0.2, 1), (30, 30), (899.5, 900), (90_000, 900)])
def test_a_task_is_held_back_until_it_is_due(wait_s: float, expected_s: int) -> None:
    delivery = replace(a_delivery(a_webhook()), due_at=datetime.now(UTC) + timedelta(seconds=wait_s))

    assert attempt_task(delivery).delay_s == pytest.approx(expected_s, abs=1)
    assert attempt_task(delivery).delay_s <= LONGEST_DELAY_S


def test_a_retry_after_is_honoured() -> None:
    setup = Setup(Outcome(status=429, failure="status", retry_after="60"), delays_s=(5, 90))

    setup.work(setup.add())

    assert setup.queue.sent[0].delay_s == pytest.approx(60, abs=1)


def test_a_task_whose_attempt_is_recorded_does_nothing_more() -> None:
    setup = Setup(FAILED, delays_s=(0, 300))
    delivery = setup.add()
    setup.work(delivery)
    setup.queue.sent.clear()

    setup.work(delivery)

    assert (len(setup.sender.calls), setup.queue.sent) == (1, [])


def test_a_task_that_ended_before_it_sent_the_next_one_sends_it_when_redelivered() -> None:
    setup = Setup(FAILED, delays_s=(0, 300))
    delivery = setup.add()
    setup.queue.failures = [Unavailable()]
    with pytest.raises(Unavailable):
        setup.work(delivery)

    setup.work(delivery, receives=2)

    assert [message.content["attempt"] for message in setup.queue.sent] == [2]
    assert len(setup.sender.calls) == 1


def test_two_workers_with_one_task_record_one_attempt_and_send_one_task() -> None:
    setup = Setup(FAILED, delays_s=(0, 300))
    delivery = setup.add()

    class Twin(FakeSender):
        def post(self, *_: Any) -> Outcome:
            setup.work(delivery)
            return FAILED

    twin = setup.deliverer_with(Twin())
    twin.handle(Task(content=attempt_task(delivery).content, receives=1))

    assert setup.now(delivery).attempts_made == 1
    assert [message.content["attempt"] for message in setup.queue.sent] == [2]


@pytest.mark.parametrize("outcome", [FAILED, Outcome(status=204)])
def test_a_redelivery_during_the_last_attempt_has_a_schedule_of_its_own(
    outcome: Outcome,
) -> None:
    setup = Setup(outcome, FAILED, Outcome(status=200), delays_s=(0,))
    delivery = setup.add(tries=1, attempts_made=1)
    requested: list[Task] = []

    class Redelivering(FakeSender):
        def post(self, *call: Any) -> Outcome:
            again = restarted(delivery)
            assert setup.deliveries.replace(delivery, again)
            requested.append(attempt_task(again))
            return setup.sender.post(*call)

    setup.deliverer_with(Redelivering()).handle(Task(content=attempt_task(delivery).content, receives=1))
    setup.queue.sent += requested
    while setup.queue.sent:
        setup.work(setup.queue.sent.pop(0))

    after = setup.now(delivery)
    assert (after.state, after.attempts_made) == ("delivered", 3)
    assert len(setup.sender.calls) == 3


@given(st.lists(st.tuples(st.integers(0, 3), st.booleans(), st.booleans()), max_size=25))
def test_duplicate_late_and_failed_tasks_lose_no_attempt(steps: list[tuple[int, bool, bool]]) -> None:
    """In the end each attempt of the schedule was made once, in any order of tasks and failures of the queue."""
    setup = Setup(FAILED)
    delivery = setup.add()
    waiting: list[tuple[Task, int]] = [(attempt_task(delivery), 1)]

    def work(place: int, *, again: bool, fails: bool) -> None:
        message, receives = waiting[place % len(waiting)] if again else waiting.pop(place % len(waiting))
        setup.queue.failures = [Unavailable()] if fails else []
        try:
            setup.work(message, receives=receives)
        except Unavailable:
            waiting.append((message, receives + 1))
        waiting.extend((sent, 1) for sent in setup.queue.sent)
        setup.queue.sent.clear()

    for place, again, fails in steps:
        if waiting:
            work(place, again=again, fails=fails)
    while waiting:
        work(0, again=False, fails=False)

    after = setup.now(delivery)
    assert (after.state, [attempt.number for attempt in after.attempts]) == ("exhausted", [1, 2, 3, 4])


def test_a_pending_delivery_of_a_disabled_webhook_is_cancelled() -> None:
    setup = Setup()
    delivery = setup.add()
    disabled, _ = disable_webhook(setup.webhook, "failing")
    setup.webhooks.replace(setup.webhook, disabled)

    assert setup.run(delivery).state == "cancelled"
    assert setup.sender.calls == []


def test_nothing_is_sent_to_the_webhooks_of_a_deactivated_owner_until_the_owner_is_active_again() -> None:
    setup = Setup()
    setup.deactivated.add(setup.webhook.owner)
    deliveries = [setup.run(setup.add()), setup.run(setup.add(is_test=True))]

    assert [delivery.state for delivery in deliveries] == ["cancelled", "cancelled"]
    assert (setup.sender.calls, setup.known()) == ([], setup.webhook)

    setup.deactivated.clear()
    again = restarted(deliveries[0])
    assert setup.deliveries.replace(deliveries[0], again)

    assert setup.run(again).state == setup.run(setup.add()).state == "delivered"
    assert len(setup.sender.calls) == 2


def test_a_delivery_waits_while_it_is_unknown_whether_its_owner_is_deactivated() -> None:
    def unknown(owner: str) -> bool:
        raise Unavailable

    setup = Setup()
    delivery = setup.add()
    deliverer = setup.deliverer_with(setup.sender, is_deactivated=unknown)

    with pytest.raises(Unavailable):
        deliverer.handle(attempt_task(delivery))

    assert (setup.sender.calls, setup.now(delivery)) == ([], delivery)


def test_a_successful_test_clears_the_failures() -> None:
    setup = Setup(Outcome(status=204))
    setup.failing(since=4 * DAY, last=DAY)

    setup.run(setup.add(is_test=True))

    assert setup.known() == setup.webhook


def test_a_test_is_sent_once_to_a_disabled_webhook_and_its_failure_does_not_count() -> None:
    disabled, _ = disable_webhook(a_webhook(), "failing")
    setup = Setup(FAILED, webhook=disabled)

    after = setup.run(setup.add(is_test=True))

    assert (after.state, after.attempts_made) == ("exhausted", 1)
    assert setup.known() == disabled


def test_a_delivery_of_a_deleted_webhook_is_dropped() -> None:
    setup = Setup()
    delivery = setup.add()
    setup.webhooks.delete(setup.webhook)

    setup.work(delivery)

    assert (setup.sender.calls, setup.queue.sent) == ([], [])


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
