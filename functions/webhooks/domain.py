"""A webhook: an outside system's subscription to events, and what may be changed of it."""

import base64
import secrets
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Literal

from functions.shared.identifiers import new_id
from functions.shared.messaging.events import Event

EVERY_EVENT = "*"
# DynamoDB takes 100 writes in a transaction; a change can take all entries away and add as many.
EVENT_TYPES_AT_MOST = 40
# The scheme asks for 24 to 64 bytes.
# https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#symmetric
SECRET_BYTES = 32
SECRETS_AT_MOST = 4

type Reason = Literal["failing", "gone"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedSecret:
    """A signing secret as it is stored: nobody can read it without the service's key.

    Attributes:
        valid_until: When it ends to sign; None for the newest one.
    """

    sealed: str
    valid_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """A subscription.

    Attributes:
        webhook_id: Sorts by the time of creation.
        owner: Whose it is: a subject of the user pool.
        sees_all: It gets everybody's events, as its owner was allowed to when they made it; else the owner's alone.
        event_types: Such as `users/UserCreated.v1`, or `users/*` for all of a service, or `*` alone for all there are.
        secrets: The newest first; those before it sign as long as they are valid.
        version: 1 at first, one more with each change.
        failing_since: When the first of the failures came that no success has followed.
        failed_at: When one of the latest of them came; noted now and then, for many may come in a moment.
        disabled_because: Why the service disabled it; None where its owner did, or it is enabled.
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

    def failing_with(self, failure_at: datetime, *, forgotten_after: timedelta) -> datetime:
        """Return since when it fails, one more failure included: what came long before tells nothing any more.

        A receiver that was asked nothing for a month has not failed for a month.
        """
        last = self.failed_at or self.failing_since
        if self.failing_since is None or last is None or failure_at - last > forgotten_after:
            return failure_at
        return self.failing_since

    def signing_secrets(self, now: datetime) -> list[str]:
        """Return the sealed secrets that sign at this time."""
        return [each.sealed for each in self.secrets if each.valid_until is None or each.valid_until > now]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What to send where."""

    url: str
    event_types: tuple[str, ...]
    description: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What to change of a webhook; a name that is not in `given` stays as it is."""

    given: frozenset[str]
    url: str = ""
    event_types: tuple[str, ...] = ()
    description: str | None = None
    enabled: bool = True

    @property
    def only_disable(self) -> bool:
        """Whether deliveries are stopped, and nothing else happens."""
        return self.given == {"enabled"} and not self.enabled


def every_event_of(source: str) -> str:
    """Return what a webhook names that wants all events of a service."""
    return f"{source}/{EVERY_EVENT}"


def names_of(event_type: str) -> tuple[str, ...]:
    """Return all that a webhook can name which wants an event of this type."""
    return event_type, every_event_of(event_type.partition("/")[0]), EVERY_EVENT


def new_secret() -> str:
    """Make a signing secret in the form of the Standard Webhooks."""
    return f"whsec_{base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()}"


def change_webhook(webhook: Webhook, changes: Changes) -> Webhook | None:
    """Return the changed webhook, one version on; None where nothing differs. Who enables it forgives the failures."""
    values = {name: value for name, value in asdict(changes).items() if name in changes.given}
    if all(getattr(webhook, name) == value for name, value in values.items()):
        return None
    if values.get("enabled") and not webhook.enabled:
        values |= {"failing_since": None, "failed_at": None, "disabled_because": None}
    return replace(webhook, **values, version=webhook.version + 1, updated_at=datetime.now(UTC))


def rotate_secret(webhook: Webhook, sealed: str, *, overlap: timedelta) -> Webhook:
    """Return the webhook with a new secret; those before it sign until the overlap ends, a few of them at most.

    A rotation whose answer was lost may be repeated: the secret that the receiver knows still signs.
    """
    now = datetime.now(UTC)
    before = [
        replace(each, valid_until=each.valid_until or now + overlap)
        for each in webhook.secrets
        if each.valid_until is None or each.valid_until > now
    ]
    kept = (SealedSecret(sealed=sealed), *before)[:SECRETS_AT_MOST]
    return replace(webhook, secrets=kept, version=webhook.version + 1, updated_at=now)


def disable_webhook(webhook: Webhook, reason: Reason) -> tuple[Webhook, Event]:
    """Return the disabled webhook and the event that tells its owner's other systems of it."""
    after = replace(
        webhook, enabled=False, disabled_because=reason, version=webhook.version + 1, updated_at=datetime.now(UTC)
    )
    event = Event(
        type="WebhookDisabled.v1",
        source="webhooks",
        subject=f"webhooks/{webhook.webhook_id}",
        sequence=after.version,
        # Not its address, which may hold what is private.
        data={"webhook_id": webhook.webhook_id, "owner": webhook.owner, "reason": reason},
    )
    return after, event


def make_webhook(wish: Wish, *, webhook_id: str, owner: str, sees_all: bool, sealed_secret: str) -> Webhook:
    """Return a new, enabled webhook."""
    now = datetime.now(UTC)
    return Webhook(
        webhook_id=webhook_id,
        owner=owner,
        sees_all=sees_all,
        url=wish.url,
        event_types=wish.event_types,
        description=wish.description,
        enabled=True,
        secrets=(SealedSecret(sealed=sealed_secret),),
        version=1,
        created_at=now,
        updated_at=now,
    )


def owner_of(event: Event) -> str | None:
    """Return the subject whose event it is, where its data name one as their `owner`."""
    owner = event.data.get("owner")
    return owner if isinstance(owner, str) else None


def trial_event(webhook: Webhook) -> Event:
    """Return the event that a test delivers; it happened nowhere else."""
    return Event(
        type="WebhookTested.v1",
        source="webhooks",
        subject=f"webhooks/{webhook.webhook_id}",
        sequence=webhook.version,
        data={"webhook_id": webhook.webhook_id, "owner": webhook.owner},
        event_id=new_id(),
    )
