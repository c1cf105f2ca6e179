"""Who may read which events: nobody gets more out of a webhook than they could read without it.

Rights stand in tokens alone, and a webhook outlives those of its owner: somebody leaves the group of administrators, a
client loses a scope. So whoever changes a webhook, has it send something or looks at what it sent must be able to read,
at that moment, all that it is sent. Why is said in docs/decisions/0011.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from functions.shared.auth.callers import Caller
from functions.webhooks.deliveries import Delivery
from functions.webhooks.domain import EVERY_EVENT, Webhook, every_event_of
from functions.webhooks.errors import EventsNotReadable
from functions.webhooks.event_types import known_sources

_READ = "/read"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """A caller, as far as events are concerned.

    Attributes:
        sees_all: They may read everybody's events; else their own alone.
        sources: The services whose events they may read; None for every one, those yet to come included.
    """

    subject: str
    sees_all: bool
    sources: frozenset[str] | None

    @property
    def restricted_to(self) -> str | None:
        """The subject whose webhooks alone are theirs to see; None for those who reach everyone's."""
        return None if self.sees_all else self.subject

    def admitted(self, event_types: Iterable[str]) -> tuple[str, ...]:
        """Return what a webhook may be sent on this caller's word: `*` is all that they may read.

        What is part of all events of a service is left out, so that no event is wanted twice.

        Raises:
            EventsNotReadable: Naming the scopes that are missing.
        """
        wanted = list(event_types)
        if wanted == [EVERY_EVENT] and self.sources is not None:
            readable = known_sources() & self.sources
            if not readable:
                raise _lacking(known_sources())
            wanted = [every_event_of(source) for source in sorted(readable)]
        self._check(wanted)
        whole = {each for each in wanted if each == every_event_of(_source(each))}
        return tuple(each for each in wanted if each in whole or every_event_of(_source(each)) not in whole)

    def check_webhook(self, webhook: Webhook) -> None:
        """Make sure that the caller may read all that a webhook is sent.

        Raises:
            EventsNotReadable: They may not; deleting or disabling it is all that they can do.
        """
        if webhook.sees_all and not self.sees_all:
            raise EventsNotReadable(
                "The webhook is sent everybody's events, which you may not read any more. You can disable or delete it."
            )
        self._check(webhook.event_types)

    def check_delivery(self, delivery: Delivery) -> None:
        """Make sure that the caller may read an event that was sent; what a test sends tells nothing.

        Raises:
            EventsNotReadable: They may not.
        """
        if not delivery.is_test:
            self._check([delivery.event_type])

    def _check(self, event_types: Iterable[str]) -> None:
        if self.sources is None:
            return
        wanted = {_source(each) for each in event_types}
        if EVERY_EVENT in wanted:
            raise EventsNotReadable(
                "The webhook is sent the events of every service, also of those to come, which no client may read."
            )
        if missing := wanted - self.sources:
            raise _lacking(missing)


def reader_of(caller: Caller) -> Reader:
    """Return what a caller may read: people what their group says, machine clients what their scopes say."""
    sources = frozenset(each.removesuffix(_READ) for each in caller.scopes if each.endswith(_READ))
    return Reader(
        subject=caller.subject,
        sees_all=caller.restricted_to is None,
        sources=sources if caller.is_machine else None,
    )


def _source(event_type: str) -> str:
    return event_type.partition("/")[0]


def _lacking(sources: Iterable[str]) -> EventsNotReadable:
    scopes = [f"{source}{_READ}" for source in sorted(sources)]
    return EventsNotReadable(f"To be sent these events, the token lacks {', '.join(scopes)}.", scopes=scopes)
