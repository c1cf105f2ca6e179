"""What must be stored for webhooks and their deliveries."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from functions.shared.http.pages import Page
from functions.shared.messaging.events import Event
from functions.webhooks.deliveries import Delivery
from functions.webhooks.domain import Webhook


class WebhookStore(Protocol):
    """Webhooks, findable by the events that they want."""

    def add(self, webhook: Webhook) -> None:
        """Add a webhook."""

    def replace(
        self, before: Webhook, after: Webhook, *, event: Event | None = None, while_failing: bool = False
    ) -> None:
        """Store `after`, and publish the event, where `before` is still the stored version.

        With `while_failing`, only where it has been failing for as long as `before` says, too: a success, or another
        first failure, is noted without a new version.

        Raises:
            StaleVersion: It is not.
        """

    def delete(self, webhook: Webhook) -> None:
        """Delete a webhook that is still at this version.

        Raises:
            StaleVersion: It is not.
        """

    def find(self, webhook_id: str) -> Webhook | None:
        """Return a webhook as last written."""

    def list_page(self, *, owner: str | None, limit: int, after: str | None) -> Page[Webhook]:
        """Return at most `limit` webhooks of an owner or, for None, of all, oldest first; eventually consistent."""

    def find_matching(self, event_type: str, *, owner: str | None, limit: int, after: str | None) -> Page[str]:
        """Return the ids of at most `limit` enabled webhooks that want an event of this type and owner."""

    def note_failure(self, webhook: Webhook, *, since: datetime, at: datetime) -> None:
        """Note a failure and the first of those that it goes on with.

        Where others have noted meanwhile that failures began or ended, or it is gone, nothing happens.
        """

    def note_success(self, webhook: Webhook) -> None:
        """Note that failures have ended; where others have, or it is gone, nothing happens."""


class DeliveryStore(Protocol):
    """Deliveries, by webhook; they end by themselves after 30 days."""

    def add(self, delivery: Delivery) -> bool:
        """Add a delivery once; tell whether it was not there yet."""

    def replace(self, before: Delivery, after: Delivery) -> bool:
        """Store `after` where no attempt was recorded or asked for since `before`; tell whether it was stored."""

    def find(self, webhook_id: str, delivery_id: str) -> Delivery | None:
        """Return a delivery as last written."""

    def list_page(self, webhook_id: str, *, limit: int, after: str | None) -> Page[Delivery]:
        """Return at most `limit` deliveries of a webhook, newest first, from after the position on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stores:
    """Both."""

    webhooks: WebhookStore
    deliveries: DeliveryStore
