"""What can be done with webhooks, by whoever may read what they are sent (`reading.py`)."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta

from functions.shared.errors import Unavailable
from functions.shared.http.pages import Page
from functions.shared.identifiers import is_id, new_id
from functions.webhooks.deliveries import Delivery, asked_for_again, make_delivery
from functions.webhooks.domain import (
    Changes,
    Webhook,
    Wish,
    change_webhook,
    make_webhook,
    new_secret,
    rotate_secret,
    trial_event,
)
from functions.webhooks.errors import DeliveryNotFound, StaleVersion, TooManyWebhooks, WebhookDisabled, WebhookNotFound
from functions.webhooks.event_types import check_event_types, check_owned
from functions.webhooks.reading import Reader
from functions.webhooks.sealing import SecretBox
from functions.webhooks.stores import Stores
from functions.webhooks.tasks import Tasks, reminder_of, task_of

CHANGE_ATTEMPTS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What owners are held to.

    Attributes:
        rotation_overlap: How long a rotated secret signs beside the new one.
    """

    rotation_overlap: timedelta
    webhooks_per_owner: int


class WebhookService:
    """The use cases of webhooks.

    Args:
        check_url: Raises `RefusedTarget` where a URL leads to where no webhook may go.
    """

    def __init__(
        self,
        *,
        stores: Stores,
        tasks: Callable[[], Tasks],
        secrets: SecretBox,
        check_url: Callable[[str], None],
        limits: Limits,
    ) -> None:
        self._webhooks = stores.webhooks
        self._deliveries = stores.deliveries
        self._tasks = tasks
        self._secrets = secrets
        self._check_url = check_url
        self._limits = limits

    def create(self, wish: Wish, *, reader: Reader) -> tuple[Webhook, str]:
        """Create a webhook; return it with its secret, which nobody can read again.

        Raises:
            UnknownEventType: No contract describes one of the events.
            NobodysEvents: One of them does not say whose it is, and the webhook is sent its owner's alone.
            EventsNotReadable: The caller may not read what they would be sent.
            RefusedTarget: The URL leads to where no webhook may go.
            TooManyWebhooks: The owner has as many as one can have.
        """
        admitted = replace(wish, event_types=_admitted(wish.event_types, reader=reader, sees_all=reader.sees_all))
        self._check_url(wish.url)
        at_most = self._limits.webhooks_per_owner
        if len(self._webhooks.list_page(owner=reader.subject, limit=at_most, after=None).items) >= at_most:
            raise TooManyWebhooks(at_most)
        webhook_id, secret = new_id(), new_secret()
        webhook = make_webhook(
            admitted,
            webhook_id=webhook_id,
            owner=reader.subject,
            sees_all=reader.sees_all,
            sealed_secret=self._secrets.seal(secret, webhook_id=webhook_id),
        )
        self._webhooks.add(webhook)
        return webhook, secret

    def get(self, webhook_id: str, *, reader: Reader) -> Webhook:
        """Return a webhook.

        Raises:
            WebhookNotFound: There is none with this id, or it is somebody else's.
        """
        webhook = self._webhooks.find(webhook_id) if is_id(webhook_id) else None
        if webhook is None or reader.restricted_to not in (None, webhook.owner):
            raise WebhookNotFound
        return webhook

    def list_page(self, *, reader: Reader, limit: int, after: str | None) -> Page[Webhook]:
        """Return at most `limit` webhooks, oldest first, from after the position on."""
        return self._webhooks.list_page(owner=reader.restricted_to, limit=limit, after=after)

    def change(self, webhook_id: str, changes: Changes, *, versions: frozenset[int] | None, reader: Reader) -> Webhook:
        """Change a webhook that is at one of these versions; None means at any.

        Raises:
            WebhookNotFound: There is none with this id, or it is somebody else's.
            UnknownEventType: No contract describes one of the events.
            NobodysEvents: One of them does not say whose it is, and the webhook is sent its owner's alone.
            EventsNotReadable: The caller may not read what it is sent, or would be; they may only disable it.
            RefusedTarget: The URL leads to where no webhook may go.
            StaleVersion: It is at another version.
            Unavailable: Any version was right, but others kept changing it.
        """
        webhook = self._at_version(webhook_id, versions, reader)
        if "event_types" in changes.given:
            admitted = _admitted(changes.event_types, reader=reader, sees_all=webhook.sees_all)
            changes = replace(changes, event_types=admitted)
        if "url" in changes.given:
            self._check_url(changes.url)

        def change(current: Webhook) -> Webhook | None:
            # What waits to be delivered goes to the new URL, too: what it was sent so far counts.
            if not changes.only_disable:
                reader.check_webhook(current)
            return change_webhook(current, changes)

        return self._changed(webhook, change, versions, reader)

    def rotate(self, webhook_id: str, *, reader: Reader) -> tuple[Webhook, str]:
        """Give a webhook a new secret and return it; those before it sign on for a while.

        Raises:
            WebhookNotFound: There is none with this id, or it is somebody else's.
            EventsNotReadable: The caller may not read what it is sent.
            Unavailable: Others kept changing it.
        """
        secret = new_secret()
        sealed = self._secrets.seal(secret, webhook_id=webhook_id)
        webhook = self.get(webhook_id, reader=reader)

        def change(current: Webhook) -> Webhook:
            reader.check_webhook(current)
            return rotate_secret(current, sealed, overlap=self._limits.rotation_overlap)

        return self._changed(webhook, change, None, reader), secret

    def delete(self, webhook_id: str, *, versions: frozenset[int] | None, reader: Reader) -> None:
        """Delete a webhook; what waits to be delivered to it is dropped.

        Raises:
            WebhookNotFound: There is none with this id, or it is somebody else's.
            StaleVersion: It is at another version than those given.
            Unavailable: Others kept changing it.
        """
        for _ in range(CHANGE_ATTEMPTS):
            webhook = self._at_version(webhook_id, versions, reader)
            try:
                self._webhooks.delete(webhook)
            except StaleVersion:
                if versions is not None:
                    raise
            else:
                return
        raise Unavailable("Others are changing this webhook. Try again.")

    def test(self, webhook_id: str, *, reader: Reader) -> Delivery:
        """Have a test event delivered, once, even where the webhook is disabled.

        Raises:
            WebhookNotFound: There is none with this id, or it is somebody else's.
            EventsNotReadable: The caller may not read what it is sent.
            Unavailable: The queue is away: ask again.
        """
        webhook = self._readable(webhook_id, reader)
        delivery = make_delivery(webhook.webhook_id, trial_event(webhook), is_test=True)
        self._queue(delivery, lambda: self._deliveries.add(delivery))
        return delivery

    def list_deliveries(self, webhook_id: str, *, limit: int, after: str | None, reader: Reader) -> Page[Delivery]:
        """Return at most `limit` deliveries, newest first, from after the position on.

        Raises:
            WebhookNotFound: There is no webhook with this id, or it is somebody else's.
            EventsNotReadable: The caller may not read what it is sent.
        """
        webhook = self._readable(webhook_id, reader)
        return self._deliveries.list_page(webhook.webhook_id, limit=limit, after=after)

    def get_delivery(self, webhook_id: str, delivery_id: str, *, reader: Reader) -> Delivery:
        """Return a delivery with its log.

        Raises:
            WebhookNotFound: There is no webhook with this id, or it is somebody else's.
            DeliveryNotFound: It has no such delivery, or not any more.
            EventsNotReadable: The caller may not read what it is sent, or was in this delivery.
        """
        return self._delivery(self._readable(webhook_id, reader), delivery_id, reader)

    def redeliver(self, webhook_id: str, delivery_id: str, *, reader: Reader) -> Delivery:
        """Have a delivery made again, now, whatever came of it; its schedule begins anew.

        Raises:
            WebhookNotFound: There is no webhook with this id, or it is somebody else's.
            DeliveryNotFound: It has no such delivery, or not any more.
            EventsNotReadable: The caller may not read what it is sent, or was in this delivery.
            WebhookDisabled: It is disabled, and the delivery is none of a test.
            Unavailable: Attempts kept being recorded meanwhile, or the queue is away: ask again.
        """
        webhook = self._readable(webhook_id, reader)
        for _ in range(CHANGE_ATTEMPTS):
            delivery = self._delivery(webhook, delivery_id, reader)
            if not webhook.enabled and not delivery.is_test:
                raise WebhookDisabled
            if again := self._asked_for_again(delivery):
                return again
        raise Unavailable("The delivery is being tried. Ask again.")

    def _asked_for_again(self, delivery: Delivery) -> Delivery | None:
        again = asked_for_again(delivery)
        return again if self._queue(again, lambda: self._deliveries.replace(delivery, again)) else None

    def _queue(self, delivery: Delivery, record: Callable[[], bool]) -> bool:
        """Record a delivery and have it made, whatever ends in between; tell whether it was recorded."""
        tasks = self._tasks()
        tasks.send([reminder_of(delivery)])
        if not record():
            return False
        # The reminder has it made, only later.
        with suppress(Unavailable):
            tasks.send([task_of(delivery)])
        return True

    def _readable(self, webhook_id: str, reader: Reader) -> Webhook:
        webhook = self.get(webhook_id, reader=reader)
        reader.check_webhook(webhook)
        return webhook

    def _delivery(self, webhook: Webhook, delivery_id: str, reader: Reader) -> Delivery:
        delivery = self._deliveries.find(webhook.webhook_id, delivery_id) if is_id(delivery_id) else None
        if delivery is None:
            raise DeliveryNotFound
        # The webhook may have been sent other events then than it is now.
        reader.check_delivery(delivery)
        return delivery

    def _at_version(self, webhook_id: str, versions: frozenset[int] | None, reader: Reader) -> Webhook:
        webhook = self.get(webhook_id, reader=reader)
        if versions is not None and webhook.version not in versions:
            raise StaleVersion
        return webhook

    def _changed(
        self,
        webhook: Webhook,
        change: Callable[[Webhook], Webhook | None],
        versions: frozenset[int] | None,
        reader: Reader,
    ) -> Webhook:
        for _ in range(CHANGE_ATTEMPTS):
            after = change(webhook)
            if after is None:
                return webhook
            try:
                self._webhooks.replace(webhook, after)
            except StaleVersion:
                webhook = self._at_version(webhook.webhook_id, versions, reader)
            else:
                return after
        raise Unavailable("Others are changing this webhook. Try again.")


def _admitted(event_types: tuple[str, ...], *, reader: Reader, sees_all: bool) -> tuple[str, ...]:
    check_event_types(event_types)
    if not sees_all:
        check_owned(event_types)
    return reader.admitted(event_types)
