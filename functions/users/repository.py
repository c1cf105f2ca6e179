"""Users in DynamoDB; docs/data-model.md describes the items."""

import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from heapq import merge
from itertools import chain, groupby, islice
from math import ceil, sqrt
from typing import TYPE_CHECKING
from zlib import crc32

from pynamodb.attributes import BooleanAttribute, UnicodeAttribute, VersionAttribute
from pynamodb.exceptions import DoesNotExist
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex
from pynamodb.models import Model
from pynamodb.transactions import TransactWrite

from functions.shared.aws.dynamodb import ConditionFailed, TableMeta, changes_between, commit, translated_errors
from functions.shared.http.pages import Page
from functions.shared.messaging.events import Event
from functions.shared.messaging.outbox import OutboxItem
from functions.users.domain import DETAILS, User
from functions.users.errors import AccountTaken, EmailTaken, StaleUser, UserNotFound

if TYPE_CHECKING:
    from functions.users.ports import AllUsers, UserStore

# A partition of an index takes 1,000 writes a second, and a throttled index throttles its table:
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html
# An import writes about 5,000 active users a second, which leaves 3,000 for other requests. Inactive users need no
# shards, because users are deactivated one by one.
SHARDS = 8
INACTIVE = "inactive"


class UsersTable(TableMeta):
    """The table of the service."""

    table_name = os.environ.get("TABLE_NAME", "users")


class _ByState(GlobalSecondaryIndex["UserItem"]):  # type: ignore[no-untyped-call] # PynamoDB types no __init_subclass__
    """Users by `active#0` … `active#7` or `inactive`, in the order of their ids, which is the order of creation."""

    class Meta(UsersTable):
        index_name = "by_state"
        projection = AllProjection()

    state = UnicodeAttribute(hash_key=True)
    user_id = UnicodeAttribute(range_key=True)


class UserItem(Model):
    """A user: `pk = USER#<user_id>`."""

    class Meta(UsersTable):
        pass

    pk = UnicodeAttribute(hash_key=True)
    user_id = UnicodeAttribute()
    state = UnicodeAttribute()
    email = UnicodeAttribute()
    name = UnicodeAttribute(null=True)
    locale = UnicodeAttribute(null=True)
    active = BooleanAttribute()
    version = VersionAttribute()
    created_at = UnicodeAttribute()
    updated_at = UnicodeAttribute()

    by_state = _ByState()


class EmailItem(Model):
    """The claim of a user on an address: `pk = EMAIL#<address, case folded>`; an address has at most one."""

    class Meta(UsersTable):
        pass

    pk = UnicodeAttribute(hash_key=True)
    user_id = UnicodeAttribute()
    request_token = UnicodeAttribute(null=True)


class SignInItem(Model):
    """The link of a user pool's subject to a user: `pk = SUBJECT#<subject>`, and its reverse `pk = SIGNIN#<user_id>`.

    Both are written together, so that neither side can have two links.
    """

    class Meta(UsersTable):
        pass

    pk = UnicodeAttribute(hash_key=True)
    user_id = UnicodeAttribute()
    subject = UnicodeAttribute()


class UserOutboxItem(OutboxItem):
    """An event that waits for the relay: `pk = OUTBOX#<event_id>`."""

    class Meta(UsersTable):
        pass


class UserRepository:
    """The `UserStore` on DynamoDB."""

    def add(self, user: User, event: Event, *, request_token: str | None = None, subject: str | None = None) -> None:
        """See `UserStore.add`: user, claim, sign-in and event are written in one transaction."""

        def fill(transaction: TransactWrite) -> None:
            transaction.save(item_of(user), condition=UserItem.pk.does_not_exist())
            transaction.save(claim_of(user, request_token), condition=EmailItem.pk.does_not_exist())
            if subject is not None:
                _save_sign_in(transaction, user.user_id, subject)
            transaction.save(UserOutboxItem.of(event))

        try:
            commit(UserItem, fill)
        except ConditionFailed as error:
            raise EmailTaken from error

    def link(self, user: User, subject: str) -> None:
        """See `UserStore.link`: the claim on the address is checked in the same transaction."""

        def fill(transaction: TransactWrite) -> None:
            claim = claim_of(user)
            transaction.condition_check(EmailItem, claim.pk, condition=EmailItem.user_id == user.user_id)
            _save_sign_in(transaction, user.user_id, subject)

        try:
            commit(UserItem, fill)
        except ConditionFailed as error:
            # 0: in the meantime the address has become free, or belongs to another user.
            raise (StaleUser if 0 in error.failed else AccountTaken) from error

    def find_account(self, subject: str) -> str | None:
        """See `UserStore.find_account`."""
        with translated_errors():
            try:
                return str(SignInItem.get(f"SUBJECT#{subject}", consistent_read=True).user_id)
            except DoesNotExist:
                return None

    def find_sign_in(self, user_id: str) -> str | None:
        """See `UserStore.find_sign_in`."""
        with translated_errors():
            try:
                return str(SignInItem.get(f"SIGNIN#{user_id}", consistent_read=True).subject)
            except DoesNotExist:
                return None

    def find_by_email(self, email_key: str) -> User | None:
        """See `UserStore.find_by_email`."""
        claim = _find_claim(email_key)
        return self.get(claim.user_id) if claim else None

    def replace(self, before: User, after: User, event: Event) -> None:
        """See `UserStore.replace`: if the address changes, its claim changes in the same transaction."""
        moves = before.email_key != after.email_key

        def fill(transaction: TransactWrite) -> None:
            if moves:
                transaction.delete(claim_of(before), condition=EmailItem.user_id == before.user_id)
                transaction.save(claim_of(after), condition=EmailItem.pk.does_not_exist())
            transaction.save(UserOutboxItem.of(event))
            # PynamoDB's version attribute adds the condition that the stored version is `before`'s.
            old, new = (item_of(user, stored_version=before.version) for user in (before, after))
            transaction.update(new, actions=changes_between(old, new))

        try:
            commit(UserItem, fill)
        except ConditionFailed as error:
            # 0: the old claim is gone. 1: another user has the new address. 3: the user has another version.
            if moves and error.failed == {1}:
                raise EmailTaken from error
            raise StaleUser from error

    def get(self, user_id: str) -> User:
        """See `UserStore.get`."""
        with translated_errors():
            try:
                return _user(UserItem.get(_key(user_id), consistent_read=True))
            except DoesNotExist as error:
                raise UserNotFound from error

    def find_by_request(self, email_key: str, request_token: str) -> User | None:
        """See `UserStore.find_by_request`."""
        claim = _find_claim(email_key)
        return self.get(claim.user_id) if claim and claim.request_token == request_token else None

    def list_page(self, *, active: bool | None, limit: int, after: str | None) -> Page[User]:
        """See `UserStore.list_page`: merged queries of all shards and states, the first pages read at once."""
        states = [f"active#{shard}" for shard in range(SHARDS)] if active is not False else []
        states += [INACTIVE] if active is not True else []
        page_size = page_size_of(limit + 1, parts=len(states))

        def read(state: str) -> Iterator[UserItem]:
            found = _query(state, limit=limit + 1, after=after, page_size=page_size)
            return chain(list(islice(found, 1)), found)

        with translated_errors():
            UserItem._get_connection()  # noqa: SLF001 - made here, so that the threads do not make one each
            with ThreadPoolExecutor(len(states)) as pool:
                parts = list(pool.map(read, states))
            items = first_of(parts, limit + 1)
        more = len(items) > limit
        page = items[:limit]
        return Page(items=[_user(item) for item in page], next_position=page[-1].user_id if more else None)

    def read_all(self, *, after: str | None) -> Iterator[User]:
        """See `AllUsers.read_all`: a Scan of the table that skips other items.

        A Scan of the index could miss users: a change of state may move them to a part that is read already.
        """
        start = {"pk": {"S": _key(after)}} if after else None
        with translated_errors():
            found = UserItem.scan(UserItem.pk.startswith(_key("")), last_evaluated_key=start, consistent_read=True)
            for item in found:
                yield _user(item)


def _key(user_id: str) -> str:
    return f"USER#{user_id}"


def _find_claim(email_key: str) -> EmailItem | None:
    with translated_errors():
        try:
            return EmailItem.get(f"EMAIL#{email_key}", consistent_read=True)
        except DoesNotExist:
            return None


def _save_sign_in(transaction: TransactWrite, user_id: str, subject: str) -> None:
    for pk in (f"SUBJECT#{subject}", f"SIGNIN#{user_id}"):
        item = SignInItem(pk=pk, user_id=user_id, subject=subject)
        transaction.save(item, condition=SignInItem.pk.does_not_exist())


def _by_id(item: UserItem) -> str:
    return str(item.user_id)


def page_size_of(count: int, *, parts: int) -> int:
    """Return the number of items to read at once from each part of a merged list.

    It is a part's share and two standard deviations more. So about one list in ten reads one of its parts again. The
    inactive users are read as if they were one more shard, because usually they are few.
    """
    share = count / min(parts, SHARDS)
    return min(count, ceil(share + 2 * sqrt(share)))


def first_of(parts: Iterable[Iterator[UserItem]], count: int) -> list[UserItem]:
    """Merge parts, each in the order of the ids, and read no further than the first items need."""
    # While the index moves a user from one state to the other, both queries can return the user.
    found = groupby(merge(*parts, key=_by_id), key=_by_id)
    return list(islice((max(same, key=lambda item: int(item.version)) for _, same in found), count))


def _query(state: str, *, limit: int, after: str | None, page_size: int) -> Iterator[UserItem]:
    """Query the users of a state, page by page, as they are read."""
    later = UserItem.user_id > after if after else None
    return UserItem.by_state.query(state, later, limit=limit, page_size=page_size)


def _state(user: User) -> str:
    """Return the partition of the index; the shard is a hash of the id, so it never changes."""
    return f"active#{crc32(user.user_id.encode()) % SHARDS}" if user.active else INACTIVE


def item_of(user: User, *, stored_version: int | None = None) -> UserItem:
    """Return the item of a user; `stored_version` is the version that the item replaces."""
    item = UserItem(
        pk=_key(user.user_id),
        user_id=user.user_id,
        state=_state(user),
        active=user.active,
        created_at=user.created_at.isoformat(),
        updated_at=user.updated_at.isoformat(),
        **user.details(),
    )
    if stored_version is not None:
        item.version = stored_version
    return item


def claim_of(user: User, request_token: str | None = None) -> EmailItem:
    """Return the claim of a user on their address."""
    return EmailItem(pk=f"EMAIL#{user.email_key}", user_id=user.user_id, request_token=request_token)


def _user(item: UserItem) -> User:
    return User(
        user_id=item.user_id,
        **{name: getattr(item, name) for name in DETAILS},
        active=item.active,
        version=int(item.version),
        created_at=datetime.fromisoformat(item.created_at),
        updated_at=datetime.fromisoformat(item.updated_at),
    )


if TYPE_CHECKING:
    _: UserStore = UserRepository()
    __: AllUsers = UserRepository()
