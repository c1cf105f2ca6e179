"""The record of a request with an Idempotency-Key; not in `idempotency.py`, because that module imports FastAPI."""

import time

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.models import Model
from pynamodb.transactions import TransactWrite

# As long as `idempotency.py` keeps an Idempotency-Key; a test compares the two.
REQUEST_KEPT_S = 24 * 3600


class RequestItem(Model):
    """The id of the resource that a request has created, written in the same transaction as the resource.

    A service subclasses it with its own `Meta`.
    """

    pk = UnicodeAttribute(hash_key=True)
    started_id = UnicodeAttribute()
    expires_at = NumberAttribute()

    @classmethod
    def add_to(cls, transaction: TransactWrite, request_token: str, *, started_id: str) -> None:
        """Record the id; the transaction fails if the same request has created a resource before."""
        now = int(time.time())
        item = cls(pk=f"REQUEST#{request_token}", started_id=started_id, expires_at=now + REQUEST_KEPT_S)
        unknown = cls.pk.does_not_exist() | (cls.expires_at < now)
        transaction.save(item, condition=unknown, return_values="ALL_OLD")
