"""What goes through the queue: the next attempt of a delivery, and the next deliveries of an event."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Protocol

from functions.shared.messaging.work_queue import LONGEST_DELAY_S, Task
from functions.webhooks.deliveries import Delivery

# Longer than the function runs that records what its callers ask for: `timeout_s` of the API in service.toml.
REMINDED_AFTER_S = 30


class Tasks(Protocol):
    """Where tasks go."""

    def send(self, messages: Sequence[Task]) -> None:
        """Send all of them.

        Raises:
            Unavailable: Some may not have been sent.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class NextAttempt:
    """The next attempt of a delivery; stale once an attempt of this number has been recorded."""

    webhook_id: str
    delivery_id: str
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Rest:
    """The deliveries of an event that are yet to be made.

    Attributes:
        webhook_id: With `delivery_id`, names one that is made, which holds the event; the event may fill a message.
        after: The position among the webhooks that want it.
    """

    webhook_id: str
    delivery_id: str
    after: str


def rest_of(delivery: Delivery, *, after: str) -> Task:
    """Return the message that goes on with the event of a delivery."""
    return Task(content={"webhook_id": delivery.webhook_id, "delivery_id": delivery.delivery_id, "after": after})


def reminder_of(delivery: Delivery) -> Task:
    """Return the message that is sent before a delivery is recorded, for whoever records it may end before its task is.

    It comes when the one is there, or never will be. As a rule the attempt has been made by then, and it is stale.
    """
    return replace(task_of(delivery), delay_s=REMINDED_AFTER_S)


def task_of(delivery: Delivery) -> Task:
    """Return the message for the next attempt of a delivery.

    A queue holds a message back for a quarter of an hour at most: what waits longer comes early, and is sent again.
    """
    wait_s = (delivery.due_at - datetime.now(UTC)).total_seconds()
    return Task(
        content={
            "webhook_id": delivery.webhook_id,
            "delivery_id": delivery.delivery_id,
            "attempt": delivery.attempts_made + 1,
        },
        delay_s=min(max(math.ceil(wait_s), 0), LONGEST_DELAY_S),
        # Receivers that hang, or get much, do not keep the others waiting.
        group=delivery.webhook_id,
    )
