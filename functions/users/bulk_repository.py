"""Users in DynamoDB, written many at a time."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from pynamodb.exceptions import DoesNotExist
from pynamodb.transactions import TransactWrite

from functions.shared.aws.dynamodb import ConditionFailed, commit, translated_errors
from functions.shared.errors import Unavailable
from functions.shared.messaging.events import Event
from functions.shared.messaging.inbox import AlreadySeen
from functions.shared.messaging.inbox_item import InboxItem
from functions.users.claims import claim_if_free, find_holder, get_user
from functions.users.domain import User
from functions.users.errors import EmailTaken, NotAllNew, UserNotFound
from functions.users.items import UserItem, UserOutboxItem, UsersTable, item_of, user_key, user_of
from functions.users.repository import UserRepository

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
                claim_if_free(transaction, user)
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
            alike = frozenset(_alike(users, holders))
            holders = {place: holder for place, holder in holders.items() if place not in alike}
            raise NotAllNew(present=present, holders=holders, alike=alike) from error

    def add(self, user: User, event: Event) -> None:
        """See `BulkUserStore.add`."""
        try:
            get_user(user.user_id)
        except UserNotFound:
            pass
        else:
            raise NotAllNew(present=frozenset({0}), holders={})
        try:
            UserRepository().add(user, event)
        except EmailTaken as error:
            found = find_holder(user.email)
            # The address can have become free since.
            raise (NotAllNew(present=frozenset(), holders={0: found[0].user_id}) if found else Unavailable()) from error

    def finish(self, chunk_id: str, event: Event) -> None:
        """See `BulkUserStore.finish`."""

        def fill(transaction: TransactWrite) -> None:
            transaction.save(_ChunkInboxItem.of(chunk_id), condition=_ChunkInboxItem.pk.does_not_exist())
            transaction.save(UserOutboxItem.of(event))

        try:
            commit(UserItem, fill)
        except ConditionFailed as error:
            raise AlreadySeen from error


def _alike(users: Sequence[User], holders: Mapping[int, str]) -> Iterator[int]:
    """Return the places of the addresses that only resemble the address of the user who holds the claim."""
    with translated_errors():
        found = UserItem.batch_get({user_key(holder) for holder in holders.values()}, consistent_read=True)
        keys = {item.user_id: user_of(item).email_key for item in found}
    return (place for place, holder in holders.items() if keys.get(holder) != users[place].email_key)


if TYPE_CHECKING:
    _: BulkUserStore = BulkUserRepository()
