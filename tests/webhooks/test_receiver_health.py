"""Failures of a receiver: their series, and the end of its webhook."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from functions.shared.errors import Unavailable
from functions.shared.messaging.work_queue import Task
from functions.webhooks.domain import change_webhook
from functions.webhooks.ports import Outcome
from functions.webhooks.tasks import attempt_task
from tests.webhooks.delivering import DAY, FAILED, Setup
from tests.webhooks.fakes import FakeSender


def test_failing_begins_with_the_first_failure_and_disables_after_days() -> None:
    setup = Setup(FAILED)
    setup.run(setup.add())
    since = setup.known().failing_since
    assert since
    assert datetime.now(UTC) - since < timedelta(minutes=1)
    assert setup.known().enabled

    setup.failing(since=5 * DAY, last=2 * DAY)
    setup.run(setup.add())

    assert (setup.known().enabled, setup.known().disabled_because) == (False, "failing")
    assert [event.type for event in setup.webhooks.events] == ["WebhookDisabled.v1"]


def test_a_failure_long_after_the_last_one_starts_a_new_series() -> None:
    setup = Setup(FAILED, delays_s=(300,))
    setup.failing(since=30 * DAY, last=29 * DAY)

    setup.work(setup.add())

    assert setup.known().enabled
    since = setup.known().failing_since
    assert since
    assert datetime.now(UTC) - since < timedelta(minutes=1)


def test_a_webhook_without_a_recorded_last_failure_starts_a_new_series() -> None:
    """A webhook that began to fail before `failed_at` was introduced."""
    setup = Setup(FAILED, delays_s=(300,))
    setup.failing(since=30 * DAY, last=DAY)
    setup.webhooks.webhooks[setup.webhook.webhook_id] = replace(setup.known(), failed_at=None)

    setup.work(setup.add())

    assert setup.known().enabled


def test_failures_close_to_each_other_are_one_series() -> None:
    setup = Setup(FAILED, delays_s=(300,))
    setup.failing(since=4 * DAY, last=2 * DAY)
    since = setup.known().failing_since

    setup.work(setup.add())
    recorded = setup.known()
    setup.work(setup.add())

    assert recorded.failing_since == since
    assert recorded.failed_at
    assert datetime.now(UTC) - recorded.failed_at < timedelta(minutes=1)
    # The next failure, a moment later, is not recorded.
    assert setup.known() == recorded


def test_a_success_during_another_attempt_keeps_its_failure_from_disabling_the_webhook() -> None:
    setup = Setup(Outcome(status=200))
    setup.failing(since=6 * DAY, last=DAY)
    hanging, delivered = setup.add(), setup.add()

    class Hanging(FakeSender):
        def post(self, *_: Any) -> Outcome:
            setup.work(delivered)
            return Outcome(failure="timeout")

    setup.deliverer_with(Hanging()).handle(Task(content=attempt_task(hanging).content, receives=1))

    assert setup.now(delivered).state == "delivered"
    assert (setup.known().enabled, setup.known().failing_since) == (True, None)
    assert setup.webhooks.events == []


def test_a_receiver_that_is_gone_disables_its_webhook_at_once() -> None:
    setup = Setup(Outcome(status=410, failure="status"))

    after = setup.run(setup.add())

    assert (after.state, len(after.attempts)) == ("exhausted", 1)
    assert setup.known().disabled_because == "gone"


def test_a_redelivered_task_records_the_health_of_the_receiver() -> None:
    setup = Setup(Outcome(status=410, failure="status"))
    delivery = setup.add()
    setup.webhooks.failures = [Unavailable()]
    with pytest.raises(Unavailable):
        setup.work(delivery)
    assert (setup.now(delivery).state, setup.known().enabled) == ("exhausted", True)

    setup.work(delivery, receives=2)

    assert (setup.known().enabled, setup.known().disabled_because) == (False, "gone")
    assert len(setup.sender.calls) == 1
    setup.work(delivery, receives=3)
    assert [event.type for event in setup.webhooks.events] == ["WebhookDisabled.v1"]


def test_a_redelivered_task_does_not_disable_a_webhook_that_was_enabled_since() -> None:
    setup = Setup(Outcome(status=410, failure="status"))
    delivery = setup.add()
    setup.work(delivery)
    enabled = change_webhook(setup.known(), {"enabled": True})
    assert enabled
    setup.webhooks.replace(setup.known(), enabled)

    setup.work(delivery, receives=2)

    assert setup.known() == enabled
