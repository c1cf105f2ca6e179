"""The quota of an owner: how many items and bytes of a service one owner may have.

A counter for each owner changes in the transaction of the change that it counts, so concurrent requests cannot exceed
the quota together. Nothing of ours runs when DynamoDB removes an expired item, so a counter can be too high. If an
owner meets the limit, a counter that has not changed for a minute is replaced by a count of what is there. This also
corrects every other error of a counter, and starts the counters of owners who had things before there were quotas.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import PutError
from pynamodb.models import Model
from pynamodb.transactions import TransactWrite

from functions.shared.aws.dynamodb import CONDITION_FAILED, ConditionFailed, commit, translated_errors
from functions.shared.interface.names import QUOTA_PREFIX
from functions.shared.rehearsal import current_rehearsal

# For functions that give no owner more.
UNBOUNDED = 1_000_000_000_000_000
# An index shows a change after a second at most, and a count must not miss one.
SETTLED_MS = 60_000
# Some clients create things at the same time for one owner: their transactions conflict, and must take turns.
COMMIT_ATTEMPTS = 7

# A counter as DynamoDB returns it; empty if there is none.
type _Counter = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """The use of a service by an owner, or the additional use by a change."""

    items: int = 0
    size_bytes: int = 0


class QuotaExceeded(Exception):
    """A change would exceed the quota; a repository turns this into an error of its service.

    Attributes:
        of_items: True if the owner has too many items, False if too many bytes.
    """

    def __init__(self, *, of_items: bool) -> None:
        super().__init__("The owner has used up the quota.")
        self.of_items = of_items


class QuotaItem(Model):
    """The counter of an owner: `pk = QUOTA#<owner>`.

    A service subclasses it with its own `Meta` and, if its table has one, with the sort key.
    """

    pk = UnicodeAttribute(hash_key=True)
    used_items = NumberAttribute()
    used_bytes = NumberAttribute()
    # Missing if a deletion made the counter, before the owner was counted.
    counted_at_ms = NumberAttribute(null=True)
    changed_at_ms = NumberAttribute()


class Quota:
    """The quota of every owner of a service.

    Args:
        item: The counter in the table of the service.
        at_most: The most that an owner may have.
        count: Returns what an owner has now, from an index.
    """

    def __init__(self, item: type[QuotaItem], *, at_most: Usage, count: Callable[[str], Usage]) -> None:
        self._item = item
        self._at_most = at_most
        self._count = count

    def commit(self, fill: Callable[[TransactWrite], None], *, owner: str, more: Usage) -> None:
        """Write a transaction that gives an owner more.

        Args:
            fill: Adds all writes except the counter's, and no update; called again for each attempt.
            owner: The owner.
            more: The additional usage.

        Raises:
            QuotaExceeded: The owner would have more than the quota; nothing was written.
            ConditionFailed: A condition of `fill` did not hold; nothing was written.
            Unavailable: DynamoDB is unavailable, or the conflicts did not end.
        """
        counter = self._commit_unless_full(fill, owner, more)
        if counter is None:
            return
        if self._recount(owner, counter):
            counter = self._commit_unless_full(fill, owner, more)
        if counter is not None:
            used = int(counter.get("used_items", {}).get("N", 0))
            raise QuotaExceeded(of_items=more.items > 0 and used + more.items > self._at_most.items)

    def release(self, transaction: TransactWrite, *, owner: str, less: Usage) -> None:
        """Add to a transaction that an owner has less."""
        transaction.update(self._key(owner), actions=self._actions(-less.items, -less.size_bytes))

    def _commit_unless_full(self, fill: Callable[[TransactWrite], None], owner: str, more: Usage) -> _Counter | None:
        """Write the transaction; if the counter alone forbids it, return the counter."""
        item, most = self._item, self._at_most
        fits: Any = item.counted_at_ms.exists()
        # A change that adds only bytes is possible for an owner with too many items, as after a lower quota.
        if more.items:
            fits &= item.used_items <= most.items - more.items
        if more.size_bytes:
            fits &= item.used_bytes <= most.size_bytes - more.size_bytes

        # The caller of rehearsals has no counter, and a count would be stored.
        condition = None if current_rehearsal() else fits

        def fill_and_charge(transaction: TransactWrite) -> None:
            fill(transaction)
            actions = self._actions(more.items, more.size_bytes)
            transaction.update(self._key(owner), actions=actions, condition=condition, return_values="ALL_OLD")

        try:
            commit(item, fill_and_charge, attempts=COMMIT_ATTEMPTS)
        except ConditionFailed as error:
            # PynamoDB sends updates last.
            place = error.writes - 1
            if error.failed != {place}:
                raise
            return error.found.get(place, {})
        return None

    def _recount(self, owner: str, counter: _Counter) -> bool:
        """Replace a counter by a count, unless a change of it may be missing in the index; return whether to go on."""
        now_ms = _now_ms()
        changed_at_ms = int(counter["changed_at_ms"]["N"]) if counter else 0
        if "counted_at_ms" in counter and now_ms - changed_at_ms < SETTLED_MS:
            return False
        used = self._count(owner)
        counted = self._key(owner)
        counted.used_items, counted.used_bytes = used.items, used.size_bytes
        counted.counted_at_ms = counted.changed_at_ms = now_ms
        unchanged = self._item.changed_at_ms == changed_at_ms if counter else self._item.pk.does_not_exist()
        with translated_errors():
            try:
                counted.save(condition=unchanged)
            except PutError as error:
                # Another request has counted, or has changed what there is to count.
                if error.cause_response_code != CONDITION_FAILED:
                    raise
        return True

    def _key(self, owner: str) -> QuotaItem:
        return self._item(pk=f"{QUOTA_PREFIX}{owner}")

    def _actions(self, items: int, size_bytes: int) -> list[Any]:
        item = self._item
        return [
            item.used_items.add(items),
            item.used_bytes.add(size_bytes),
            item.changed_at_ms.set(_now_ms()),
        ]


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
