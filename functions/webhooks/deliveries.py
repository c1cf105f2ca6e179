"""A delivery: one event on its way to one webhook, and the log of its attempts.

Deliveries are not ordered: one that waits for its next attempt does not delay later ones. Each is made at least once: a
receiver recognises a duplicate by `webhook-id`, which is the event's id.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any, Literal

from functions.shared.messaging.events import Event

# Enough for the schedule and some dozens of redeliveries; the oldest are dropped first.
ATTEMPTS_KEPT = 50

State = Literal["pending", "delivered", "exhausted", "cancelled"]
# Why an attempt failed; part of the API.
Failure = Literal["dns", "refused-target", "connect", "tls", "timeout", "protocol", "redirect", "status"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One request to the receiver.

    Attributes:
        status: The HTTP status; None without an answer.
        failure: None after a success.
        retry_after_s: From the receiver's `Retry-After`.
        stored: The document in which the store keeps the attempt; a newer release can have added keys.
    """

    number: int
    at: datetime
    duration_ms: int
    status: int | None = None
    failure: Failure | None = None
    retry_after_s: int | None = None
    stored: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def is_gone(self) -> bool:
        """True if the receiver answered 410: it never wants another event."""
        return self.status == HTTPStatus.GONE


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """An event for a webhook.

    Attributes:
        delivery_id: The event's id: an event has one delivery for a webhook, even if the event is delivered twice.
        body: The CloudEvents envelope as JSON, which is signed and sent.
        is_test: Requested by the owner: one attempt; a failure does not count against the receiver.
        tries: Attempts since the creation or the last redelivery: the position in the schedule.
        attempts_made: All attempts; the number of the last one.
        due_at: The earliest time of the next attempt.
        attempts: The last `ATTEMPTS_KEPT`, oldest first.
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
    """Return the delivery of an event, due immediately."""
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
    """Return the delivery after an attempt: delivered, pending until the next attempt, or exhausted."""
    tries = delivery.tries + 1
    state: State = "pending"
    due_at = delivery.due_at
    if attempt.failure is None:
        state = "delivered"
    elif attempt.is_gone or delivery.is_test or tries > len(delays_s):
        state = "exhausted"
    else:
        due_at = attempt.at + timedelta(seconds=delay_s(tries, delays_s, retry_after_s=attempt.retry_after_s or 0))
    return replace(
        delivery,
        state=state,
        tries=tries,
        attempts_made=attempt.number,
        due_at=due_at,
        attempts=(*delivery.attempts, attempt)[-ATTEMPTS_KEPT:],
    )


def delay_s(tries: int, delays_s: Sequence[float], *, retry_after_s: float = 0) -> float:
    """Return a random delay after this number of failed tries.

    The delay is between the previous step of the schedule and this one: deliveries that failed together spread out, and
    the schedule keeps its length. A `Retry-After` is honoured up to the longest step.
    """
    earliest, latest = (0, *delays_s)[tries - 1], delays_s[tries - 1]
    drawn = random.uniform(min(earliest, latest), latest)  # noqa: S311 - spreads load, guards nothing
    return max(drawn, min(retry_after_s, max(delays_s)))


def cancelled(delivery: Delivery) -> Delivery:
    """Return the delivery for a disabled webhook or a deactivated owner; it can be redelivered."""
    return replace(delivery, state="cancelled")


def restarted(delivery: Delivery) -> Delivery:
    """Return the delivery at the beginning of its schedule, due immediately, with its log."""
    return replace(delivery, state="pending", tries=0, due_at=datetime.now(UTC))
