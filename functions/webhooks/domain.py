"""A webhook: an outside system's subscription to events, and the rules of its changes."""

import base64
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from functions.shared.identifiers import new_id
from functions.shared.messaging.events import Event

EVERY_EVENT = "*"
# DynamoDB takes 100 writes in a transaction; a change can delete all event types and add as many.
EVENT_TYPES_AT_MOST = 40
# The specification requires 24 to 64 bytes.
# https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#symmetric
SECRET_BYTES = 32
SECRETS_AT_MOST = 4

Reason = Literal["failing", "gone"]
# New values by attribute: `url`, `event_types`, `description` or `enabled`.
type Changes = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedSecret:
    """A signing secret, encrypted with the service's key for storage.

    Attributes:
        valid_until: The secret signs until this time; None for the newest secret.
        stored: The document in which the store keeps the secret; a newer release can have added keys.
    """

    sealed: str
    valid_until: datetime | None = None
    stored: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """A subscription.

    Attributes:
        webhook_id: Sorts by the time of creation.
        owner: A subject of the user pool.
        sees_all: True if the webhook is sent the events of all owners, because its owner was allowed to read them when
            it was created; False if it is sent only its owner's.
        event_types: For instance `users/UserCreated.v1`, `users/*` for all events of a service, or only `*` for all.
        secrets: The newest first; earlier ones sign while they are valid.
        version: Starts at 1; each change adds 1.
        failing_since: The first failure since the last success.
        failed_at: A recent failure since then; not every failure is recorded, because many can come at once.
        disabled_because: Why the service disabled the webhook; None if its owner did, or if it is enabled.
    """

    webhook_id: str
    owner: str
    sees_all: bool
    url: str
    event_types: tuple[str, ...]
    description: str | None
    enabled: bool
    secrets: tuple[SealedSecret, ...]
    version: int
    created_at: datetime
    updated_at: datetime
    failing_since: datetime | None = None
    failed_at: datetime | None = None
    disabled_because: Reason | None = None

    def failing_since_with(self, failure_at: datetime, *, forgotten_after: timedelta) -> datetime:
        """Return the start of the series of failures that this failure belongs to.

        A failure much later than the last one starts a new series: a receiver without requests for a month has not
        failed for a month.
        """
        last = self.failed_at or self.failing_since
        if self.failing_since is None or last is None or failure_at - last > forgotten_after:
            return failure_at
        return self.failing_since

    def signing_secrets(self, now: datetime) -> list[str]:
        """Return the sealed secrets that sign at this time."""
        return [each.sealed for each in self.secrets if each.valid_until is None or each.valid_until > now]


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """The part of a webhook that its owner chooses."""

    url: str
    event_types: tuple[str, ...]
    description: str | None = None


def only_disable(changes: Changes) -> bool:
    """Return True if the only change is to disable the webhook."""
    return changes == {"enabled": False}


def every_event_of(source: str) -> str:
    """Return the name of all events of a service."""
    return f"{source}/{EVERY_EVENT}"


def source_of(event_type: str) -> str:
    """Return the service of an event type; `*` for every event."""
    return event_type.partition("/")[0]


def matching_names(event_type: str) -> tuple[str, ...]:
    """Return the names in a webhook's `event_types` that match an event type."""
    return event_type, every_event_of(source_of(event_type)), EVERY_EVENT


def new_secret() -> str:
    """Return a new signing secret in the form of the Standard Webhooks."""
    return f"whsec_{base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()}"


def change_webhook(webhook: Webhook, changes: Changes) -> Webhook:
    """Return the changed webhook; the webhook itself if nothing differs. Enabling it clears its failures."""
    if all(getattr(webhook, name) == value for name, value in changes.items()):
        return webhook
    values = dict(changes)
    if changes.get("enabled") and not webhook.enabled:
        values |= {"failing_since": None, "failed_at": None, "disabled_because": None}
    return replace(webhook, **values, version=webhook.version + 1, updated_at=datetime.now(UTC))


def rotate_secret(webhook: Webhook, sealed: str, *, overlap: timedelta) -> Webhook:
    """Return the webhook with a new secret; at most `SECRETS_AT_MOST` - 1 earlier ones sign until the overlap ends.

    A rotation can be repeated if its answer was lost: the secret that the receiver knows still signs.
    """
    now = datetime.now(UTC)
    earlier = [
        replace(each, valid_until=each.valid_until or now + overlap)
        for each in webhook.secrets
        if each.valid_until is None or each.valid_until > now
    ]
    kept = (SealedSecret(sealed=sealed), *earlier)[:SECRETS_AT_MOST]
    return replace(webhook, secrets=kept, version=webhook.version + 1, updated_at=now)


def disable_webhook(webhook: Webhook, reason: Reason) -> tuple[Webhook, Event]:
    """Return the disabled webhook and its `WebhookDisabled.v1`."""
    after = replace(
        webhook, enabled=False, disabled_because=reason, version=webhook.version + 1, updated_at=datetime.now(UTC)
    )
    event = Event(
        type="WebhookDisabled.v1",
        source="webhooks",
        subject=f"webhooks/{webhook.webhook_id}",
        sequence=after.version,
        # Without the URL, which can contain private data.
        data={"webhook_id": webhook.webhook_id, "owner": webhook.owner, "reason": reason},
    )
    return after, event


def make_webhook(
    subscription: Subscription, *, webhook_id: str, owner: str, sees_all: bool, sealed_secret: str
) -> Webhook:
    """Return a new, enabled webhook."""
    now = datetime.now(UTC)
    return Webhook(
        webhook_id=webhook_id,
        owner=owner,
        sees_all=sees_all,
        url=subscription.url,
        event_types=subscription.event_types,
        description=subscription.description,
        enabled=True,
        secrets=(SealedSecret(sealed=sealed_secret),),
        version=1,
        created_at=now,
        updated_at=now,
    )


def owner_of(event: Event) -> str | None:
    """Return the `owner` in the event's data; None if there is none."""
    owner = event.data.get("owner")
    return owner if isinstance(owner, str) else None


def trial_event(webhook: Webhook) -> Event:
    """Return the event of a test delivery; it is never published."""
    return Event(
        type="WebhookTested.v1",
        source="webhooks",
        subject=f"webhooks/{webhook.webhook_id}",
        sequence=webhook.version,
        data={"webhook_id": webhook.webhook_id, "owner": webhook.owner},
        event_id=new_id(),
    )
