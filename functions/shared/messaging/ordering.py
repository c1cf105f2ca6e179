"""Order within a subject: a late or repeated event never overwrites the state from a newer one.

Events arrive in any order and more than once. A consumer that stores the present state of a subject therefore writes it
on condition that the stored state comes from an older event: `sequence` in the envelope is the subject's version.
docs/decisions/0009 explains why there is no FIFO queue.
"""

from collections.abc import Callable

from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.expressions.condition import Condition
from pynamodb.models import Model
from pynamodb.transactions import TransactWrite

from functions.shared.aws.dynamodb import ConditionFailed, commit
from functions.shared.messaging.inbox import AlreadySeen
from functions.shared.messaging.inbox_item import InboxItem


class StateItem(Model):
    """The state of a subject after its newest event.

    A service subclasses it with its own `Meta`, with the attributes of the state and, if its table has one, with the
    sort key.
    """

    pk = UnicodeAttribute(hash_key=True)
    sequence = NumberAttribute()

    @classmethod
    def is_older_than(cls, sequence: int) -> Condition:
        """Return the condition that no state is stored, or only the state from an older event."""
        newer: Condition = cls.pk.does_not_exist() | (cls.sequence < sequence)
        return newer


def commit_in_order(
    mark: InboxItem, state: StateItem, always: Callable[[TransactWrite], None] = lambda _: None
) -> bool:
    """Write an event's effect once, and the state of its subject unless a newer event has written it.

    Args:
        mark: The inbox item of the event.
        state: The state of the subject after the event.
        always: Adds the saves and updates that a late event needs, too; no deletes, which PynamoDB would send first.

    Returns:
        True if the state was written, false for a late event.

    Raises:
        AlreadySeen: The event has taken effect before.
        Unavailable: DynamoDB is unavailable, or the conflicts with other writes did not end.
    """

    def fill(transaction: TransactWrite) -> None:
        transaction.save(mark, condition=type(mark).pk.does_not_exist())
        transaction.save(state, condition=type(state).is_older_than(int(state.sequence)))
        always(transaction)

    def fill_late(transaction: TransactWrite) -> None:
        transaction.save(mark, condition=type(mark).pk.does_not_exist())
        always(transaction)

    try:
        commit(type(state), fill)
    except ConditionFailed as error:
        # 0: the inbox has the event. 1: a newer event has written the state; this stays so, as `sequence` only grows.
        if error.failed != {1}:
            raise AlreadySeen from error
    else:
        return True
    try:
        commit(type(state), fill_late)
    except ConditionFailed as error:
        raise AlreadySeen from error
    return False
