"""The tasks of the worker's queue: the next attempt of a delivery, and the next deliveries of an event."""

import math
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from functions.shared.messaging.work_queue import LONGEST_DELAY_S, Task
from functions.webhooks.deliveries import Delivery

# Longer than the timeout of the API in service.toml, so that the API has recorded the delivery or never will.
REMINDED_AFTER_S = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class NextAttempt:
    """The content of a task for one attempt; stale once an attempt with this number is recorded."""

    webhook_id: str
    delivery_id: str
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NextDeliveries:
    """The content of a task that continues the dispatch of an event.

    Attributes:
        webhook_id: With `delivery_id`, the key of a delivery with the event as its body, which may not fit into a task.
        after: The position among the webhooks that receive the event.
    """

    webhook_id: str
    delivery_id: str
    after: str


def attempt_task(delivery: Delivery) -> Task:
    """Return the task for the next attempt of a delivery.

    SQS delays a message by at most 15 minutes: a task that arrives before the attempt is due is sent again.
    """
    wait_s = (delivery.due_at - datetime.now(UTC)).total_seconds()
    return Task(
        content={
            "webhook_id": delivery.webhook_id,
            "delivery_id": delivery.delivery_id,
            "attempt": delivery.attempts_made + 1,
        },
        delay_s=min(max(math.ceil(wait_s), 0), LONGEST_DELAY_S),
        # A receiver that hangs, or gets many events, does not delay the deliveries to others.
        group=delivery.webhook_id,
    )


def attempt_reminder(delivery: Delivery) -> Task:
    """Return the task that is sent before a delivery is recorded, in case the API ends before it sends the attempt.

    Usually the attempt is already recorded when the reminder arrives, so the reminder is stale.
    """
    return replace(attempt_task(delivery), delay_s=REMINDED_AFTER_S)


def dispatch_task(delivery: Delivery, *, after: str) -> Task:
    """Return the task that continues the dispatch of a delivery's event."""
    return Task(content={"webhook_id": delivery.webhook_id, "delivery_id": delivery.delivery_id, "after": after})
