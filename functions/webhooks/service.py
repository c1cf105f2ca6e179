"""The use cases of webhooks; those of deliveries are in `delivery_service.py`."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import cache

from functions.shared.http.pages import Page
from functions.shared.identifiers import is_id, new_id
from functions.shared.optimistic_locking import retry_if_stale
from functions.webhooks.domain import (
    Changes,
    Subscription,
    Webhook,
    change_webhook,
    make_webhook,
    new_secret,
    only_disable,
    rotate_secret,
)
from functions.webhooks.errors import StaleWebhook, WebhookNotFound
from functions.webhooks.event_access import EventAccess
from functions.webhooks.ports import WebhookStore
from functions.webhooks.sealing import SecretBox


class WebhookService:
    """The use cases of webhooks.

    Args:
        check_url: Raises `RefusedTarget` if webhooks may not call a URL.
        rotation_overlap: The time for which a rotated secret still signs, in addition to the new one.
    """

    def __init__(
        self,
        webhooks: WebhookStore,
        *,
        secrets: SecretBox,
        check_url: Callable[[str], None],
        rotation_overlap: timedelta,
    ) -> None:
        self._webhooks = webhooks
        self._secrets = secrets
        self._check_url = check_url
        self._rotation_overlap = rotation_overlap

    def create(self, subscription: Subscription, *, access: EventAccess) -> tuple[Webhook, str]:
        """Create a webhook; return it with its secret, which cannot be read again.

        Raises:
            UnknownEventType: No contract describes one of the event types.
            EventsWithoutOwner: The webhook is sent only its owner's events, and one of the types has no owner.
            EventsNotReadable: The caller may not read the events.
            RefusedTarget: Webhooks may not call the URL.
            TooManyWebhooks: The owner has as many webhooks as the quota allows.
        """
        event_types = access.resolved(subscription.event_types, sees_all=access.sees_all)
        self._check_url(subscription.url)
        webhook_id, secret = new_id(), new_secret()
        webhook = make_webhook(
            replace(subscription, event_types=event_types),
            webhook_id=webhook_id,
            owner=access.subject,
            sees_all=access.sees_all,
            sealed_secret=self._secrets.seal(secret, webhook_id=webhook_id),
        )
        self._webhooks.add(webhook)
        return webhook, secret

    def get(self, webhook_id: str, *, access: EventAccess) -> Webhook:
        """Return a webhook.

        Raises:
            WebhookNotFound: There is none with this id, or it belongs to another owner.
        """
        webhook = self._webhooks.find(webhook_id) if is_id(webhook_id) else None
        if webhook is None or access.restricted_to not in (None, webhook.owner):
            raise WebhookNotFound
        return webhook

    def get_readable(self, webhook_id: str, *, access: EventAccess) -> Webhook:
        """Return a webhook if the caller may read all events that it is sent.

        Raises:
            WebhookNotFound: There is none with this id, or it belongs to another owner.
            EventsNotReadable: The caller may not read the events of the webhook.
        """
        webhook = self.get(webhook_id, access=access)
        access.check_webhook(webhook)
        return webhook

    def list_page(self, *, access: EventAccess, limit: int, after: str | None) -> Page[Webhook]:
        """Return at most `limit` webhooks after this position, oldest first."""
        return self._webhooks.list_page(restricted_to=access.restricted_to, limit=limit, after=after)

    def change(
        self, webhook_id: str, changes: Changes, *, versions: frozenset[int] | None, access: EventAccess
    ) -> Webhook:
        """Change a webhook if it is at one of these versions; None for any version.

        Raises:
            WebhookNotFound: There is none with this id, or it belongs to another owner.
            UnknownEventType: No contract describes one of the event types.
            EventsWithoutOwner: The webhook is sent only its owner's events, and one of the types has no owner.
            EventsNotReadable: The caller may not read the present or the new events, and can only disable the webhook.
            RefusedTarget: Webhooks may not call the URL.
            StaleWebhook: The webhook is at another version.
            Unavailable: Others kept changing the webhook.
        """
        # The look-up takes seconds, so it is not part of what is retried.
        check_url = cache(lambda: self._check_url(changes["url"]))

        def change(webhook: Webhook) -> Webhook:
            return change_webhook(webhook, self._checked(changes, webhook, access, check_url))

        return self._changed(webhook_id, change, versions, access)

    def rotate(self, webhook_id: str, *, access: EventAccess) -> tuple[Webhook, str]:
        """Give a webhook a new secret and return it; earlier secrets still sign until the overlap ends.

        Raises:
            WebhookNotFound: There is none with this id, or it belongs to another owner.
            EventsNotReadable: The caller may not read the events of the webhook.
            Unavailable: Others kept changing the webhook.
        """
        secret = new_secret()
        sealed = self._secrets.seal(secret, webhook_id=webhook_id)

        def rotate(webhook: Webhook) -> Webhook:
            access.check_webhook(webhook)
            return rotate_secret(webhook, sealed, overlap=self._rotation_overlap)

        return self._changed(webhook_id, rotate, None, access), secret

    def delete(self, webhook_id: str, *, versions: frozenset[int] | None, access: EventAccess) -> None:
        """Delete a webhook if it is at one of these versions; its pending deliveries are dropped.

        Raises:
            WebhookNotFound: There is none with this id, or it belongs to another owner.
            StaleWebhook: The webhook is at another version.
            Unavailable: Others kept changing the webhook.
        """
        self._write(webhook_id, self._webhooks.delete, versions, access)

    def _checked(
        self, changes: Changes, webhook: Webhook, access: EventAccess, check_url: Callable[[], None]
    ) -> Changes:
        """Return the changes with their event types resolved, if the caller may make them."""
        if "event_types" in changes:
            resolved = access.resolved(changes["event_types"], sees_all=webhook.sees_all)
            changes = {**changes, "event_types": resolved}
        if "url" in changes:
            check_url()
        # Pending deliveries go to the new URL, so the present events count, too.
        if not only_disable(changes):
            access.check_webhook(webhook)
        return changes

    def _changed(
        self,
        webhook_id: str,
        change: Callable[[Webhook], Webhook],
        versions: frozenset[int] | None,
        access: EventAccess,
    ) -> Webhook:
        def write(webhook: Webhook) -> Webhook:
            after = change(webhook)
            if after is not webhook:
                self._webhooks.replace(webhook, after)
            return after

        return self._write(webhook_id, write, versions, access)

    def _write[T](
        self,
        webhook_id: str,
        write: Callable[[Webhook], T],
        versions: frozenset[int] | None,
        access: EventAccess,
    ) -> T:
        return retry_if_stale(
            lambda: write(self._at_version(webhook_id, versions, access)),
            versions=versions,
            busy="Others are changing this webhook. Try again.",
        )

    def _at_version(self, webhook_id: str, versions: frozenset[int] | None, access: EventAccess) -> Webhook:
        webhook = self.get(webhook_id, access=access)
        if versions is not None and webhook.version not in versions:
            raise StaleWebhook
        return webhook
