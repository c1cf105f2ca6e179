from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.webhooks.deliveries import ATTEMPTS_KEPT, after_attempt, delay_s, restarted
from tests.webhooks.things import a_delivery, a_webhook, an_attempt

DELAYS_S = [5.0, 300.0, 1800.0]
SCHEDULES = st.lists(st.floats(min_value=0, max_value=1e6), min_size=1, max_size=12).map(sorted)


def test_a_success_ends_a_delivery() -> None:
    after = after_attempt(a_delivery(a_webhook()), an_attempt(status=204), delays_s=DELAYS_S)

    assert (after.state, after.attempts_made, len(after.attempts)) == ("delivered", 1, 1)


def test_failures_wait_by_the_schedule_and_are_exhausted_at_its_end() -> None:
    delivery = a_delivery(a_webhook())

    waits = []
    for number in range(1, len(DELAYS_S) + 2):
        attempt = an_attempt(number)
        delivery = after_attempt(delivery, attempt, delays_s=DELAYS_S)
        waits.append((delivery.due_at - attempt.at).total_seconds())

    assert 0 <= waits[0] <= 5 <= waits[1] <= 300 <= waits[2] <= 1800
    assert (delivery.state, delivery.tries, delivery.attempts_made) == ("exhausted", 4, 4)


@given(delays=SCHEDULES, data=st.data(), retry_after=st.floats(min_value=0, max_value=1e9))
def test_a_delay_is_within_its_step_or_the_retry_after_up_to_the_longest(
    delays: list[float], data: st.DataObject, retry_after: float
) -> None:
    tries = data.draw(st.integers(min_value=1, max_value=len(delays)))

    drawn = delay_s(tries, delays)
    waited = delay_s(tries, delays, retry_after_s=retry_after)

    assert (0, *delays)[tries - 1] <= drawn <= delays[tries - 1]
    assert min(retry_after, max(delays)) <= waited <= max(delays)


@pytest.mark.parametrize("more", [{"status": 410}, {}])
def test_a_receiver_that_is_gone_or_only_tested_is_not_retried(more: dict[str, int]) -> None:
    delivery = a_delivery(a_webhook(), is_test=not more)

    assert after_attempt(delivery, an_attempt(**more), delays_s=DELAYS_S).state == "exhausted"


def test_a_restarted_delivery_begins_its_schedule_again_and_keeps_its_log() -> None:
    delivery = replace(a_delivery(a_webhook()), state="exhausted", tries=4, attempts_made=4, attempts=(an_attempt(4),))

    again = restarted(delivery)
    after = after_attempt(again, an_attempt(5), delays_s=DELAYS_S)

    assert (again.state, again.tries) == ("pending", 0)
    assert (after.state, after.tries, after.attempts_made) == ("pending", 1, 5)
    assert [attempt.number for attempt in after.attempts] == [4, 5]
    assert after.due_at - after.attempts[-1].at <= timedelta(seconds=5)


def test_a_log_keeps_the_last_attempts() -> None:
    delivery = a_delivery(a_webhook())
    for number in range(1, ATTEMPTS_KEPT + 4):
        delivery = after_attempt(restarted(delivery), an_attempt(number), delays_s=DELAYS_S)

    assert [delivery.attempts[0].number, delivery.attempts[-1].number] == [4, ATTEMPTS_KEPT + 3]
    assert len(delivery.attempts) == ATTEMPTS_KEPT
