"""A delivery: one event on its way to one webhook, and the log of its attempts.

Order is not kept: a delivery that waits for its next attempt does not hold up those after it. A delivery is made at
least once: a receiver may see it twice, and knows it by `webhook-id`, which is the event's id and stays the same.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Literal

from functions.shared.messaging.events import Event

# Those of an automatic schedule and of some dozens of redeliveries; the oldest go first.
ATTEMPTS_KEPT = 50

type State = Literal["pending", "delivered", "exhausted", "cancelled"]
# What went wrong before there was an answer, or with it; part of the API.
type Failure = Literal["dns", "refused-target", "connect", "tls", "timeout", "protocol", "redirect", "status"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One request to the receiver.

    Attributes:
        status: The HTTP status, where there was an answer.
        failure: None after a success.
        retry_after_s: What the receiver asked for.
    """

    number: int
    at: datetime
    duration_ms: int
    status: int | None = None
    failure: Failure | None = None
    retry_after_s: int | None = None

    @property
    def is_gone(self) -> bool:
        """Whether the receiver wants nothing more, ever."""
        return self.status == HTTPStatus.GONE


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """An event for a webhook.

    Attributes:
        delivery_id: The event's id: an event makes one delivery for a webhook, however often it comes.
        body: What is sent and signed, the CloudEvents envelope as JSON.
        is_test: Asked for by the owner: it is tried once, and where it fails, says nothing of the receiver's health.
        tries: Attempts since it was made or asked for again; how far it is in the schedule.
        attempts_made: All attempts; the number of the last one.
        due_at: Not to be tried before.
        attempts: The last `ATTEMPTS_KEPT` of them, oldest first.
    """

    webhook_id: str
    delivery_id: str
    event_type: str
    subject: str
    body: str
    state: State = "pending"
    is_test: bool = False
    tries: int = 0
    attempts_made: int = 0
    due_at: datetime
    created_at: datetime
    attempts: tuple[Attempt, ...] = field(default=())


def make_delivery(webhook_id: str, event: Event, *, is_test: bool = False) -> Delivery:
    """Return the delivery of an event, due at once."""
    now = datetime.now(UTC)
    return Delivery(
        webhook_id=webhook_id,
        delivery_id=event.event_id,
        event_type=f"{event.source}/{event.type}",
        subject=event.subject,
        body=event.to_json(),
        is_test=is_test,
        due_at=now,
        created_at=now,
    )


def after_attempt(delivery: Delivery, attempt: Attempt, *, delays_s: Sequence[float]) -> Delivery:
    """Return the delivery as an attempt leaves it: delivered, waiting for the next one, or exhausted."""
    tries = delivery.tries + 1
    state: State = "pending"
    due_at = delivery.due_at
    if attempt.failure is None:
        state = "delivered"
    elif attempt.is_gone or delivery.is_test or tries > len(delays_s):
        state = "exhausted"
    else:
        due_at = attempt.at + timedelta(seconds=delay_s(tries, delays_s, asked_for_s=attempt.retry_after_s or 0))
    return replace(
        delivery,
        state=state,
        tries=tries,
        attempts_made=attempt.number,
        due_at=due_at,
        attempts=(*delivery.attempts, attempt)[-ATTEMPTS_KEPT:],
    )


def delay_s(tries: int, delays_s: Sequence[float], *, asked_for_s: float = 0) -> float:
    """Draw how long to wait after so many failed tries.

    Jitter spreads over the whole step from the delay before to this one: deliveries that failed together come apart,
    and the schedule still lasts. A `Retry-After` is honoured up to the longest step.
    """
    earliest, latest = (0, *delays_s)[tries - 1], delays_s[tries - 1]
    drawn = random.uniform(min(earliest, latest), latest)  # noqa: S311 - spreads load, guards nothing
    return max(drawn, min(asked_for_s, max(delays_s)))


def cancelled(delivery: Delivery) -> Delivery:
    """Return the delivery as it is when its webhook has been disabled: it can be asked for again."""
    return replace(delivery, state="cancelled")


def asked_for_again(delivery: Delivery) -> Delivery:
    """Return the delivery at the beginning of its schedule, due at once, its log kept."""
    return replace(delivery, state="pending", tries=0, due_at=datetime.now(UTC))
