"""The items of the inbox, apart from `inbox.py` because they import PynamoDB."""

import time

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.models import Model

# An event can be delivered again for as long as its queue and the dead-letter queue keep it: 4 + 14 days.
INBOX_KEPT_S = 21 * 24 * 3600


class InboxItem(Model):
    """The mark of an event that has taken effect, written in the transaction of the effect.

    A service subclasses it with its own `Meta` and, if its table has one, with the sort key.
    """

    pk = UnicodeAttribute(hash_key=True)
    expires_at = NumberAttribute()

    @classmethod
    def of(cls, event_id: str) -> "InboxItem":
        """Return the mark of an event."""
        return cls(pk=f"INBOX#{event_id}", expires_at=int(time.time()) + INBOX_KEPT_S)
