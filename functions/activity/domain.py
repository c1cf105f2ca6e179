"""Entries: the events of a subject, as this service keeps them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from functions.shared.messaging.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One event as the read model keeps it.

    Attributes:
        subject: The changed resource, `users/<user_id>`.
        sequence: The subject's version after the event.
        time: The time of the event, in UTC.
        request_id: The request that led to the event.
    """

    event_id: str
    type: str
    source: str
    subject: str
    sequence: int
    time: datetime
    request_id: str
    data: Mapping[str, Any]

    @property
    def position(self) -> str:
        """The position of the entry among those of its subject: by time, then by id."""
        return f"{self.time.astimezone(UTC).isoformat(timespec='microseconds')}#{self.event_id}"

    @classmethod
    def of(cls, event: Event) -> "Entry":
        """Return the entry of an event."""
        return cls(
            event_id=event.event_id,
            type=event.type,
            source=event.source,
            subject=event.subject,
            sequence=event.sequence,
            time=event.time,
            request_id=event.correlation.request_id,
            data=event.data,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Latest:
    """The newest event of a subject; the order in which events arrive does not matter.

    Attributes:
        sequence: The subject's version after the event; it never decreases.
        time: The time of the event, in UTC.
    """

    subject: str
    sequence: int
    type: str
    event_id: str
    time: datetime
