"""The worker's part: one attempt of a delivery, its record, and what follows from it.

A task leaves the queue only when its successor is in it: where the function ends between the record of an attempt and
the next task, the same task comes again, finds its attempt recorded, and sends what was missing. Where it ends between
the call and the record, the receiver is called again with the same `webhook-id`.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Protocol

from functions.shared.messaging.work_queue import Task
from functions.shared.observability import MetricUnit, count, logger, metrics
from functions.webhooks.deliveries import Attempt, Delivery, after_attempt, cancelled
from functions.webhooks.domain import Reason, Webhook, disable_webhook
from functions.webhooks.errors import StaleVersion
from functions.webhooks.sealing import SecretBox, Unopenable
from functions.webhooks.sender import Outcome
from functions.webhooks.signatures import signed_headers
from functions.webhooks.stores import Stores
from functions.webhooks.tasks import NextAttempt, Tasks, task_of

# A queue's delays are whole seconds, and clocks differ: what is nearly due is due.
EARLY_S = 1.0
# Of the failures within the time after which they are forgotten: a busy receiver's item is not written for each.
NOTED_FAILURES = 100


class Sender(Protocol):
    """Calls receivers."""

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Outcome:
        """Send one POST; what the receiver does wrong is in the outcome."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How long to go on with a receiver that fails.

    Attributes:
        delays_s: After each failed try, how long the next one waits at the longest; then there is none.
        disabled_after: How long a receiver may fail without one success.
        forgotten_after: How long after the last failure the next one is the first one again.
    """

    delays_s: Sequence[float]
    disabled_after: timedelta
    forgotten_after: timedelta


class Deliverer:
    """Makes attempts."""

    def __init__(self, *, stores: Stores, tasks: Tasks, secrets: SecretBox, sender: Sender, policy: Policy) -> None:
        self._webhooks = stores.webhooks
        self._deliveries = stores.deliveries
        self._tasks = tasks
        self._secrets = secrets
        self._sender = sender
        self._policy = policy

    def work(self, task: Task) -> None:
        """Take a task from the queue."""
        due = NextAttempt(**task.content)
        webhook = self._webhooks.find(due.webhook_id)
        delivery = self._deliveries.find(due.webhook_id, due.delivery_id)
        if webhook is None or delivery is None:
            return
        if due.attempt <= delivery.attempts_made:
            if task.receives > 1:
                self._follow_up(webhook, delivery, due.attempt)
        elif delivery.state != "pending":
            return
        elif not webhook.enabled and not delivery.is_test:
            self._deliveries.replace(delivery, cancelled(delivery))
        elif (delivery.due_at - datetime.now(UTC)).total_seconds() > EARLY_S:
            self._tasks.send([task_of(delivery)])
        else:
            self._attempt(webhook, delivery)

    def _follow_up(self, webhook: Webhook, delivery: Delivery, number: int) -> None:
        """Do what follows from an attempt that is recorded: its function may have ended, or failed, before it did."""
        attempt = next((each for each in delivery.attempts if each.number == number), None)
        # What was changed since knows better: the attempt may have disabled it, and its owner enabled it again.
        if attempt and webhook.updated_at <= attempt.at:
            self._note_health(webhook, delivery, attempt)
        if delivery.state == "pending":
            self._tasks.send([task_of(delivery)])

    def _attempt(self, webhook: Webhook, delivery: Delivery) -> None:
        attempt = self._call(webhook, delivery)
        after = after_attempt(delivery, attempt, delays_s=self._policy.delays_s)
        if not self._deliveries.replace(delivery, after):
            # Another attempt was recorded meanwhile, by the same task: that one goes on. Or the delivery was asked for
            # again: its own task makes the attempt of this number, whatever came of this one.
            logger.info("attempt superseded", webhook_id=webhook.webhook_id, delivery_id=delivery.delivery_id)
            return
        self._log(webhook, after, attempt)
        self._note_health(webhook, delivery, attempt)
        if after.state == "pending":
            self._tasks.send([task_of(after)])

    def _call(self, webhook: Webhook, delivery: Delivery) -> Attempt:
        at = datetime.now(UTC)
        headers = signed_headers(delivery.delivery_id, delivery.body, secrets=self._signing_secrets(webhook, at), at=at)
        started_at = time.perf_counter()
        outcome = self._sender.post(
            webhook.url, delivery.body.encode(), {"Content-Type": "application/cloudevents+json", **headers}
        )
        return Attempt(
            number=delivery.attempts_made + 1,
            at=at,
            duration_ms=round((time.perf_counter() - started_at) * 1000),
            status=outcome.status,
            failure=outcome.failure,
            retry_after_s=retry_after_s(outcome.retry_after, at) if outcome.failure else None,
        )

    def _signing_secrets(self, webhook: Webhook, at: datetime) -> list[str]:
        newest, *others = webhook.signing_secrets(at)
        secrets = [self._secrets.open(newest, webhook_id=webhook.webhook_id)]
        for sealed in others:
            try:
                secrets.append(self._secrets.open(sealed, webhook_id=webhook.webhook_id))
            except Unopenable:
                # Its owner has replaced it, perhaps for this very reason.
                logger.warning("secret unopenable", webhook_id=webhook.webhook_id)
        return secrets

    def _note_health(self, webhook: Webhook, delivery: Delivery, attempt: Attempt) -> None:
        if attempt.failure is None:
            if webhook.failing_since is not None:
                self._webhooks.note_success(webhook)
        elif delivery.is_test:
            # Who tries out a receiver that is not ready yet is not held to it.
            return
        elif attempt.is_gone:
            self._disable(webhook, "gone")
        else:
            self._note_failure(webhook, attempt.at)

    def _note_failure(self, webhook: Webhook, at: datetime) -> None:
        forgotten_after = self._policy.forgotten_after
        since = webhook.failing_with(at, forgotten_after=forgotten_after)
        if at - since >= self._policy.disabled_after:
            self._disable(webhook, "failing")
        elif since == at or at - (webhook.failed_at or since) >= forgotten_after / NOTED_FAILURES:
            self._webhooks.note_failure(webhook, since=since, at=at)

    def _disable(self, webhook: Webhook, reason: Reason) -> None:
        after, event = disable_webhook(webhook, reason)
        try:
            self._webhooks.replace(webhook, after, event=event, while_failing=reason == "failing")
        except StaleVersion:
            # The owner has just changed it, another worker disabled it, or had a success while this one was waiting
            # for its receiver; the next failure looks again.
            return
        logger.warning("webhook disabled", webhook_id=webhook.webhook_id, reason=reason)
        count("WebhooksDisabled")

    def _log(self, webhook: Webhook, delivery: Delivery, attempt: Attempt) -> None:
        logger.info(
            "attempt",
            webhook_id=webhook.webhook_id,
            delivery_id=delivery.delivery_id,
            number=attempt.number,
            status=attempt.status,
            failure=attempt.failure,
            state=delivery.state,
            duration_ms=attempt.duration_ms,
        )
        count("AttemptsFailed" if attempt.failure else "AttemptsDelivered")
        if delivery.state == "exhausted":
            count("DeliveriesExhausted")
        metrics().add_metric(name="AttemptDuration", unit=MetricUnit.Milliseconds, value=attempt.duration_ms)


def retry_after_s(header: str | None, now: datetime) -> int | None:
    """Read a `Retry-After`, seconds or a date (RFC 9110, section 10.2.3); None where it is neither."""
    if header is None:
        return None
    if header.isascii() and header.isdigit():
        return int(header[:9])
    try:
        return max(round((parsedate_to_datetime(header) - now).total_seconds()), 0)
    except (TypeError, ValueError, OverflowError):
        return None
