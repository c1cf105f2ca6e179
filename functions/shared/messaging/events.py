"""Domain events in the envelope of CloudEvents 1.0 (https://github.com/cloudevents/spec, v1.0.2)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from functions.shared.correlation import Correlation, current
from functions.shared.identifiers import new_id
from functions.shared.interface.names import CLOUDEVENTS_VERSION
from functions.shared.messaging.dead_letters import Refused


class MalformedEvent(Refused):
    """The message is not a domain event; the text names the missing or wrong member."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A change of a subject.

    Attributes:
        type: Past tense and versioned, `UserCreated.v1`; the contract is `events/<source>/<type>.schema.json`.
        source: The service that published the event.
        subject: The changed resource, `users/<user_id>`.
        sequence: The subject's version after the change; consumers use it to order the events of a subject.
        data: The members that the contract describes, without personal data: events are archived and sent to others.
        time: The time of the change, in UTC.
    """

    type: str
    source: str
    subject: str
    sequence: int
    data: Mapping[str, Any]
    event_id: str = field(default_factory=new_id)
    time: datetime = field(default_factory=lambda: datetime.now(UTC))
    correlation: Correlation = field(default_factory=current)

    def envelope(self) -> dict[str, Any]:
        """Return the CloudEvents envelope; `sequence`, `correlationid` and `traceparent` are extensions."""
        return {
            "specversion": CLOUDEVENTS_VERSION,
            "id": self.event_id,
            "source": self.source,
            "type": self.type,
            "subject": self.subject,
            "time": self.time.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "datacontenttype": "application/json",
            "sequence": str(self.sequence),
            "correlationid": self.correlation.request_id,
            "traceparent": self.correlation.traceparent,
            "data": dict(self.data),
        }

    def to_json(self) -> str:
        """Return the envelope as compact JSON text."""
        return json.dumps(self.envelope(), separators=(",", ":"), ensure_ascii=False)

    @classmethod
    def from_envelope(cls, envelope: Mapping[str, Any]) -> "Event":
        """Read an envelope.

        Raises:
            MalformedEvent: A member is missing or has the wrong type.
        """
        try:
            return cls(
                type=str(envelope["type"]),
                source=str(envelope["source"]),
                subject=str(envelope["subject"]),
                sequence=int(envelope["sequence"]),
                data=dict(envelope["data"]),
                event_id=str(envelope["id"]),
                time=datetime.fromisoformat(envelope["time"]),
                correlation=Correlation(
                    request_id=str(envelope["correlationid"]), traceparent=str(envelope["traceparent"])
                ),
            )
        except KeyError as error:
            raise MalformedEvent(f"The envelope has no {error.args[0]!r}.") from error
        except (TypeError, ValueError, OverflowError) as error:
            raise MalformedEvent(f"The envelope does not fit CloudEvents 1.0: {error}.") from error
