"""The ports of webhooks, and the values that cross them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from functions.shared.http.pages import Page
from functions.shared.messaging.events import Event
from functions.shared.messaging.work_queue import Task
from functions.webhooks.deliveries import Delivery, Failure
from functions.webhooks.domain import Webhook
from functions.webhooks.targets import Address


class WebhookStore(Protocol):
    """Webhooks, which can be found by the event types that they name."""

    def add(self, webhook: Webhook) -> None:
        """Add a webhook.

        Raises:
            TooManyWebhooks: The owner has as many webhooks as the quota allows; this holds for concurrent calls, too.
        """

    def replace(
        self, before: Webhook, after: Webhook, *, event: Event | None = None, if_still_failing: bool = False
    ) -> None:
        """Store `after` and publish the event if `before` is still the stored version.

        `if_still_failing` also requires that the stored `failing_since` is that of `before`: the health of a receiver
        is recorded without a new version.

        Raises:
            StaleWebhook: The webhook has changed or is deleted.
        """

    def delete(self, webhook: Webhook) -> None:
        """Delete a webhook that is still at this version.

        Raises:
            StaleWebhook: The webhook has changed or is deleted.
        """

    def find(self, webhook_id: str) -> Webhook | None:
        """Return a webhook, strongly consistent."""

    def list_page(self, *, restricted_to: str | None, limit: int, after: str | None) -> Page[Webhook]:
        """Return at most `limit` webhooks of an owner, or of all for None, oldest first; eventually consistent."""

    def list_matching(self, event_type: str, *, owner: str | None, limit: int, after: str | None) -> Page[str]:
        """Return the ids of at most `limit` enabled webhooks that receive the events of this type and owner."""

    def record_failure(self, webhook: Webhook, *, since: datetime, at: datetime) -> None:
        """Record a failure at `at`, in a series that began at `since`.

        Does nothing if the stored `failing_since` is not that of `webhook`, or if the webhook is deleted.
        """

    def record_success(self, webhook: Webhook) -> None:
        """Record that the failures have ended; does nothing if there are none, or if the webhook is deleted."""


class DeliveryStore(Protocol):
    """Deliveries of each webhook; they expire after 30 days."""

    def add(self, delivery: Delivery) -> bool:
        """Add a delivery; return False if it exists already."""

    def replace(self, before: Delivery, after: Delivery) -> bool:
        """Store `after`; return False if an attempt or a redelivery was recorded since `before` was read."""

    def find(self, webhook_id: str, delivery_id: str) -> Delivery | None:
        """Return a delivery, strongly consistent."""

    def list_page(self, webhook_id: str, *, limit: int, after: str | None) -> Page[Delivery]:
        """Return at most `limit` deliveries of a webhook after this position, newest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stores:
    """The two stores of the service's table."""

    webhooks: WebhookStore
    deliveries: DeliveryStore


class TaskQueue(Protocol):
    """The queue of the worker's tasks."""

    def send(self, tasks: Sequence[Task]) -> None:
        """Send all tasks.

        Raises:
            Unavailable: Some tasks may not have been sent.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The result of one request to a receiver; see `Attempt`."""

    status: int | None = None
    failure: Failure | None = None
    retry_after: str | None = None


class Sender(Protocol):
    """Calls receivers."""

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Outcome:
        """Send one POST; a failure of the receiver is an outcome, not an exception."""


class IsDeactivated(Protocol):
    """Knows the people with deactivated accounts."""

    def __call__(self, owner: str, /) -> bool:
        """Return whether the owner is a person with a deactivated account.

        Raises:
            Unavailable: The list cannot be read.
        """


class Resolve(Protocol):
    """Resolves a host."""

    def __call__(self, host: str, *, timeout_s: float) -> list[Address]:
        """Return all addresses of a host, in the order of preference.

        Raises:
            UnknownHost: The host has none, or the resolver did not answer in time.
        """
