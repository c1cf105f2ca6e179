"""An attempt of a delivery: the request to the receiver, its record, and the next task.

A task leaves the queue only after the next task is sent. If the function ends after it has recorded the attempt and
before it sends the next task, the same task is delivered again, finds its attempt recorded, and sends the next task. If
the function ends between the request and the record, the receiver is called again with the same `webhook-id`.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from functions.shared.messaging.work_queue import Task
from functions.shared.observability import MetricUnit, count, logger, metrics
from functions.webhooks.deliveries import Attempt, Delivery, after_attempt, cancelled
from functions.webhooks.domain import Reason, Webhook, disable_webhook
from functions.webhooks.errors import StaleWebhook
from functions.webhooks.ports import IsDeactivated, Sender, Stores, TaskQueue
from functions.webhooks.sealing import SecretBox, Unopenable
from functions.webhooks.signatures import signed_headers
from functions.webhooks.tasks import NextAttempt, attempt_task

# SQS delays by whole seconds, and clocks differ: an attempt may start this early.
EARLY_S = 1.0
# The most failures recorded within `forgotten_after`, so that not every failure of a busy receiver costs a write.
RECORDED_FAILURES = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """The retries of a delivery, and the end of a webhook that keeps failing.

    Attributes:
        delays_s: The longest delay after each failed try; after the last one the delivery is exhausted.
        disabled_after: A webhook is disabled after failures for this time without a success.
        forgotten_after: A failure starts a new series if it comes this long after the last one.
    """

    delays_s: Sequence[float]
    disabled_after: timedelta
    forgotten_after: timedelta


class Deliverer:
    """Makes attempts."""

    def __init__(  # noqa: PLR0913 - its ports, each by its name
        self,
        *,
        stores: Stores,
        queue: TaskQueue,
        secrets: SecretBox,
        sender: Sender,
        policy: RetryPolicy,
        is_deactivated: IsDeactivated,
    ) -> None:
        self._webhooks = stores.webhooks
        self._deliveries = stores.deliveries
        self._queue = queue
        self._secrets = secrets
        self._sender = sender
        self._policy = policy
        self._is_deactivated = is_deactivated

    def handle(self, task: Task) -> None:
        """Make the attempt of a task, if it is due and not recorded yet.

        Raises:
            Unavailable: AWS is busy or unreachable; the task comes again.
        """
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
            self._queue.send([attempt_task(delivery)])
        elif self._is_deactivated(webhook.owner):
            self._deliveries.replace(delivery, cancelled(delivery))
        else:
            self._attempt(webhook, delivery)

    def _follow_up(self, webhook: Webhook, delivery: Delivery, number: int) -> None:
        """Finish an attempt that is recorded: its function may have ended before it sent the next task."""
        attempt = next((each for each in delivery.attempts if each.number == number), None)
        # Skip if the webhook changed after the attempt; its owner may have enabled it again.
        if attempt and webhook.updated_at <= attempt.at:
            self._record_health(webhook, delivery, attempt)
        if delivery.state == "pending":
            self._queue.send([attempt_task(delivery)])

    def _attempt(self, webhook: Webhook, delivery: Delivery) -> None:
        attempt = self._request(webhook, delivery)
        after = after_attempt(delivery, attempt, delays_s=self._policy.delays_s)
        if not self._deliveries.replace(delivery, after):
            # The same task ran twice, and the other run continues; or the owner requested a redelivery, and its task
            # makes the attempt with this number.
            logger.info("attempt superseded", webhook_id=webhook.webhook_id, delivery_id=delivery.delivery_id)
            return
        self._log(webhook, after, attempt)
        self._record_health(webhook, delivery, attempt)
        if after.state == "pending":
            self._queue.send([attempt_task(after)])

    def _request(self, webhook: Webhook, delivery: Delivery) -> Attempt:
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
        newest, *earlier = webhook.signing_secrets(at)
        secrets = [self._secrets.open(newest, webhook_id=webhook.webhook_id)]
        for sealed in earlier:
            try:
                secrets.append(self._secrets.open(sealed, webhook_id=webhook.webhook_id))
            except Unopenable:
                # The owner has already replaced this secret, perhaps for this reason.
                logger.warning("secret unopenable", webhook_id=webhook.webhook_id)
        return secrets

    def _record_health(self, webhook: Webhook, delivery: Delivery, attempt: Attempt) -> None:
        if attempt.failure is None:
            if webhook.failing_since is not None:
                self._webhooks.record_success(webhook)
        elif delivery.is_test:
            # Failed tests do not count against the receiver.
            return
        elif attempt.is_gone:
            self._disable(webhook, "gone")
        else:
            self._record_failure(webhook, attempt.at)

    def _record_failure(self, webhook: Webhook, at: datetime) -> None:
        forgotten_after = self._policy.forgotten_after
        since = webhook.failing_since_with(at, forgotten_after=forgotten_after)
        if at - since >= self._policy.disabled_after:
            self._disable(webhook, "failing")
        elif since == at or at - (webhook.failed_at or since) >= forgotten_after / RECORDED_FAILURES:
            self._webhooks.record_failure(webhook, since=since, at=at)

    def _disable(self, webhook: Webhook, reason: Reason) -> None:
        after, event = disable_webhook(webhook, reason)
        try:
            self._webhooks.replace(webhook, after, event=event, if_still_failing=reason == "failing")
        except StaleWebhook:
            # The owner changed the webhook, another worker disabled it, or another delivery succeeded while this one
            # waited for the receiver. The next failure decides again.
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
    """Return the seconds of a `Retry-After`, which is a number or a date (RFC 9110, section 10.2.3); None otherwise."""
    if header is None:
        return None
    if header.isascii() and header.isdigit():
        return int(header[:9])
    try:
        return max(round((parsedate_to_datetime(header) - now).total_seconds()), 0)
    except (TypeError, ValueError, OverflowError):
        return None
