"""Users in DynamoDB; docs/data-model.md describes the items."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from heapq import merge
from itertools import chain, groupby, islice
from math import ceil, sqrt
from typing import TYPE_CHECKING

from pynamodb.exceptions import DoesNotExist
from pynamodb.transactions import TransactWrite

from functions.shared.aws.dynamodb import ConditionFailed, changes_between, commit, translated_errors
from functions.shared.http.pages import Page
from functions.shared.messaging.events import Event
from functions.shared.optimistic_locking import retry_if_stale
from functions.users.addresses import has_one_key
from functions.users.claims import Writes, changed_claims, claim_if_free, find_holder, get_user, new_claims
from functions.users.domain import User
from functions.users.errors import AccountTaken, EmailTaken, StaleUser
from functions.users.items import INACTIVE, SHARDS, SignInItem, UserItem, UserOutboxItem, item_of, user_key, user_of

if TYPE_CHECKING:
    from functions.users.ports import AllUsers, UserStore


class UserRepository:
    """The `UserStore` on DynamoDB."""

    def add(self, user: User, event: Event, *, request_token: str | None = None, subject: str | None = None) -> None:
        """See `UserStore.add`: user, claims, sign-in and event are written in one transaction."""

        def write(claims: Writes) -> None:
            def fill(transaction: TransactWrite) -> None:
                transaction.save(item_of(user), condition=UserItem.pk.does_not_exist())
                claims(transaction)
                if subject is not None:
                    _save_sign_in(transaction, user.user_id, subject)
                transaction.save(UserOutboxItem.of(event))

            commit(UserItem, fill)

        def add() -> None:
            claims = new_claims(user, request_token=request_token, may_resemble=subject is None)
            try:
                write(claims)
            except ConditionFailed as error:
                if subject is not None and self.find_account(subject) is not None:
                    raise EmailTaken from error
                raise StaleUser from error

        if has_one_key(user.email):
            # Almost always the address is free, which the transaction itself can tell.
            with suppress(ConditionFailed):
                write(lambda transaction: claim_if_free(transaction, user, request_token))
                return
        retry_if_stale(add, busy="Others are claiming this address, or one that resembles it. Try again.")

    def link(self, user: User, subject: str, event: Event | None = None) -> None:
        """See `UserStore.link`: the transaction checks that the user is unchanged, and so has the address."""

        def fill(transaction: TransactWrite) -> None:
            unchanged = UserItem.version == user.version
            transaction.condition_check(UserItem, user_key(user.user_id), condition=unchanged)
            _save_sign_in(transaction, user.user_id, subject)
            if event is not None:
                transaction.save(UserOutboxItem.of(event))

        try:
            commit(UserItem, fill)
        except ConditionFailed as error:
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

    def find_by_email(self, email: str) -> User | None:
        """See `UserStore.find_by_email`."""
        found = find_holder(email)
        return found[0] if found else None

    def find_by_request(self, email: str, request_token: str) -> User | None:
        """See `UserStore.find_by_request`."""
        found = find_holder(email)
        return found[0] if found and found[1].request_token == request_token else None

    def replace(self, before: User, after: User, event: Event) -> None:
        """See `UserStore.replace`: if the address changes, its claims change in the same transaction."""

        def fill(transaction: TransactWrite) -> None:
            change_claims(transaction)
            transaction.save(UserOutboxItem.of(event))
            # PynamoDB's version attribute adds the condition that the stored version is `before`'s.
            old, new = (item_of(user, stored_version=before.version) for user in (before, after))
            transaction.update(new, actions=changes_between(old, new))

        try:
            change_claims = changed_claims(before, after)
            commit(UserItem, fill)
        except EmailTaken:
            # The change may have been made from an old version, in which the user had another address.
            if self.get(before.user_id).version != before.version:
                raise StaleUser from None
            raise
        except ConditionFailed as error:
            raise StaleUser from error

    def get(self, user_id: str) -> User:
        """See `UserStore.get`."""
        return get_user(user_id)

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
        return Page(items=[user_of(item) for item in page], next_position=page[-1].user_id if more else None)

    def read_all(self, *, after: str | None) -> Iterator[User]:
        """See `AllUsers.read_all`: a Scan of the table that skips other items.

        A Scan of the index could miss users: a change of state may move them to a part that is read already.
        """
        start = {"pk": {"S": user_key(after)}} if after else None
        with translated_errors():
            found = UserItem.scan(UserItem.pk.startswith(user_key("")), last_evaluated_key=start, consistent_read=True)
            for item in found:
                yield user_of(item)


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


if TYPE_CHECKING:
    _: UserStore = UserRepository()
    __: AllUsers = UserRepository()
