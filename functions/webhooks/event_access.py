"""The events that a caller may read: a webhook never sends more than its caller could read without it.

Rights are only in access tokens, and a webhook outlives the token of its owner: an owner can leave the group of
administrators, a client can lose a scope. So a caller who changes a webhook, makes it send something or reads its
deliveries must at that moment be allowed to read all events that the webhook is sent. The reasons are in
docs/decisions/0011-webhook-retries.md.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from functions.shared.auth.callers import Caller
from functions.webhooks.deliveries import Delivery
from functions.webhooks.domain import EVERY_EVENT, Webhook, every_event_of, source_of
from functions.webhooks.errors import EventsNotReadable
from functions.webhooks.event_types import check_event_types, check_owned, known_sources

_READ = "/read"


@dataclass(frozen=True, slots=True, kw_only=True)
class EventAccess:
    """The rights of a caller to webhooks and events.

    Attributes:
        subject: Becomes the owner of the webhooks that the caller creates.
        restricted_to: The caller sees only the webhooks and events of this owner; None for all owners.
        sources: The caller may read the events of these services; None for all services, future ones included.
    """

    subject: str
    restricted_to: str | None
    sources: frozenset[str] | None

    @property
    def sees_all(self) -> bool:
        """True if the caller sees the webhooks and events of all owners."""
        return self.restricted_to is None

    def resolved(self, event_types: tuple[str, ...], *, sees_all: bool) -> tuple[str, ...]:
        """Check the requested event types of a webhook, and return them without overlaps.

        `*` becomes the services that a machine client may read. `users/*` absorbs the single events of users.

        Args:
            event_types: As the caller named them.
            sees_all: The webhook is sent the events of all owners.

        Raises:
            UnknownEventType: No contract describes one of the event types.
            EventsWithoutOwner: The webhook is sent only its owner's events, and one of the types has no owner.
            EventsNotReadable: The caller lacks a scope.
        """
        check_event_types(event_types)
        if not sees_all:
            check_owned(event_types)
        if event_types == (EVERY_EVENT,) and self.sources is not None:
            readable = known_sources() & self.sources
            if not readable:
                raise _lacking(known_sources())
            event_types = tuple(every_event_of(source) for source in sorted(readable))
        self._check(event_types)
        return tuple(
            each
            for each in event_types
            if each == every_event_of(source_of(each)) or every_event_of(source_of(each)) not in event_types
        )

    def check_webhook(self, webhook: Webhook) -> None:
        """Check that the caller may read all events that a webhook is sent.

        Raises:
            EventsNotReadable: The caller may not, and can only disable or delete the webhook.
        """
        if webhook.sees_all and not self.sees_all:
            raise EventsNotReadable(
                "The webhook is sent the events of all owners, which you may not read any more. You can disable or"
                " delete it."
            )
        self._check(webhook.event_types)

    def check_delivery(self, delivery: Delivery) -> None:
        """Check that the caller may read the event of a delivery; a test event is open to all.

        Raises:
            EventsNotReadable: The caller may not.
        """
        if not delivery.is_test:
            self._check([delivery.event_type])

    def _check(self, event_types: Iterable[str]) -> None:
        if self.sources is None:
            return
        sources = {source_of(each) for each in event_types}
        if EVERY_EVENT in sources:
            raise EventsNotReadable(
                "The webhook is sent the events of all services, future ones included, which no client may read."
            )
        if missing := sources - self.sources:
            raise _lacking(missing)


def event_access_of(caller: Caller) -> EventAccess:
    """Return the rights of a caller: those of a person follow from the group, those of a client from its scopes."""
    sources = frozenset(each.removesuffix(_READ) for each in caller.scopes if each.endswith(_READ))
    return EventAccess(
        subject=caller.subject,
        restricted_to=caller.restricted_to,
        sources=sources if caller.is_machine else None,
    )


def _lacking(sources: Iterable[str]) -> EventsNotReadable:
    scopes = [f"{source}{_READ}" for source in sorted(sources)]
    return EventsNotReadable(f"To be sent these events, the token lacks {', '.join(scopes)}.", scopes=scopes)
