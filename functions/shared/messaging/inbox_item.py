"""The items of the inbox; not in `inbox.py`, because this module imports PynamoDB."""

import time

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.models import Model

from functions.shared.interface.names import INBOX_KEPT_S


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
