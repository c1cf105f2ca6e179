"""Users in DynamoDB, written many at a time."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pynamodb.exceptions import DoesNotExist
from pynamodb.transactions import TransactWrite

from functions.shared.aws.dynamodb import ConditionFailed, commit, translated_errors
from functions.shared.messaging.events import Event
from functions.shared.messaging.inbox import AlreadySeen
from functions.shared.messaging.inbox_item import InboxItem
from functions.users.domain import User
from functions.users.errors import NotAllNew
from functions.users.repository import EmailItem, UserItem, UserOutboxItem, UsersTable, claim_of, item_of

if TYPE_CHECKING:
    from functions.users.ports import BulkUserStore


class _ChunkInboxItem(InboxItem):
    class Meta(UsersTable):
        pass


class BulkUserRepository:
    """The `BulkUserStore` on DynamoDB."""

    def is_taken(self, chunk_id: str) -> bool:
        """See `BulkUserStore.is_taken`."""
        with translated_errors():
            try:
                _ChunkInboxItem.get(_ChunkInboxItem.of(chunk_id).pk, consistent_read=True)
            except DoesNotExist:
                return False
        return True

    def add_all(self, users: Sequence[User], event: Event) -> None:
        """See `BulkUserStore.add_all`: users at the even places, their claims at the odd ones, then the event."""

        def fill(transaction: TransactWrite) -> None:
            for user in users:
                # PynamoDB's version attribute adds the condition that no version is stored, and so no user.
                transaction.save(item_of(user))
                transaction.save(claim_of(user), condition=EmailItem.pk.does_not_exist(), return_values="ALL_OLD")
            transaction.save(UserOutboxItem.of(event))

        try:
            commit(UserItem, fill)
        except ConditionFailed as error:
            present = frozenset(place // 2 for place in error.failed if place % 2 == 0)
            holders = {
                place // 2: str(error.found[place]["user_id"]["S"])
                for place in sorted(error.failed)
                if place % 2 and place // 2 not in present
            }
            raise NotAllNew(present=present, holders=holders) from error

    def finish(self, chunk_id: str, event: Event) -> None:
        """See `BulkUserStore.finish`."""

        def fill(transaction: TransactWrite) -> None:
            transaction.save(_ChunkInboxItem.of(chunk_id), condition=_ChunkInboxItem.pk.does_not_exist())
            transaction.save(UserOutboxItem.of(event))

        try:
            commit(UserItem, fill)
        except ConditionFailed as error:
            raise AlreadySeen from error


if TYPE_CHECKING:
    _: BulkUserStore = BulkUserRepository()
