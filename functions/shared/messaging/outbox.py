"""The outbox: events that a service's table holds until the relay publishes them."""

import time

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.models import Model

from functions.shared.messaging.event_checks import outgoing
from functions.shared.messaging.events import Event

# The relay reads an outbox item from the stream within seconds. The item outlives a parked message, which is kept for
# 14 days and may contain only the key of the item.
OUTBOX_KEPT_S = 21 * 24 * 3600


class OutboxItem(Model):
    """An event that waits for the relay, written in the transaction of the change that it reports.

    A service subclasses it with its own `Meta` and, if its table has one, with the sort key.
    """

    pk = UnicodeAttribute(hash_key=True)
    envelope = UnicodeAttribute()
    expires_at = NumberAttribute()

    @classmethod
    def of(cls, event: Event) -> "OutboxItem":
        """Return the item that contains an event."""
        envelope = outgoing.checked(event).to_json()
        return cls(pk=f"OUTBOX#{event.event_id}", envelope=envelope, expires_at=int(time.time()) + OUTBOX_KEPT_S)
