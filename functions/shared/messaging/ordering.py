"""Order by subject: a late or doubled event never undoes what a newer one left.

Events arrive in any order and more than once. What a consumer keeps as the present state of a subject is therefore
written on condition that it comes from an older event: `sequence` in the envelope is the subject's version.
docs/decisions/0009 says why no FIFO queue does this.
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
    """The state of a subject as its newest event left it.

    A service subclasses it with its own `Meta`, with its table's sort key where there is one, and with what it keeps.
    """

    pk = UnicodeAttribute(hash_key=True)
    sequence = NumberAttribute()

    @classmethod
    def is_older_than(cls, sequence: int) -> Condition:
        """Return the condition that nothing is stored yet, or what an older event left."""
        newer: Condition = cls.pk.does_not_exist() | (cls.sequence < sequence)
        return newer


def commit_in_order(
    mark: InboxItem, state: StateItem, always: Callable[[TransactWrite], None] = lambda _: None
) -> bool:
    """Write an event's effect once, and its subject's state only where no newer event has written that.

    Args:
        mark: Of the event, for the inbox.
        state: What the subject is after the event.
        always: Adds the saves and updates of the effect that an event leaves whether it is late or not; no deletes,
            which PynamoDB would send first.

    Returns:
        Whether the state was written: False for a late event.

    Raises:
        AlreadySeen: The event has taken effect before.
        Unavailable: DynamoDB is busy or away, or the items stayed contended.
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
        # 0: the inbox knows the event, 1: a newer one has written the state, which stays so, since it only grows.
        if error.failed != {1}:
            raise AlreadySeen from error
    else:
        return True
    try:
        commit(type(state), fill_late)
    except ConditionFailed as error:
        raise AlreadySeen from error
    return False
