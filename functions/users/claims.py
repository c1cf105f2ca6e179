"""The claims of users on addresses in DynamoDB: each address belongs to one user.

A user claims the key of their address, and its look-alike key if that is another one and is free. A claim counts for an
address only if its user has this address: a claim on a look-alike key shows that another address resembles it, and
yields to a user who has it. Claims from the time when look-alike keys were the only ones need no migration therefore:
they count for the addresses of their users, and the claim on the key is added when another user takes the look-alike
key. Releases of that time find the claims that this one writes.
"""

from collections.abc import Callable, Collection

from pynamodb.exceptions import DoesNotExist
from pynamodb.transactions import TransactWrite

from functions.shared.aws.dynamodb import translated_errors
from functions.users.addresses import email_key, has_one_key, lookalike_key
from functions.users.domain import User
from functions.users.errors import AddressResembles, EmailTaken, UserNotFound
from functions.users.items import EmailItem, UserItem, user_key, user_of

type Writes = Callable[[TransactWrite], None]


def get_user(user_id: str) -> User:
    """Return a user as last written.

    Raises:
        UserNotFound: No user has this id.
    """
    with translated_errors():
        try:
            return user_of(UserItem.get(user_key(user_id), consistent_read=True))
        except DoesNotExist as error:
            raise UserNotFound from error


def claim_if_free(transaction: TransactWrite, user: User, request_token: str | None = None) -> None:
    """Add the write that claims an address with one key, unless there is a claim on it, which the failure shows."""
    claim = _claim(user.email_key, user, request_token)
    transaction.save(claim, condition=EmailItem.pk.does_not_exist(), return_values="ALL_OLD")


def find_holder(email: str) -> tuple[User, EmailItem] | None:
    """Return the user who has an address, and the claim that shows it."""
    for key in _keys(email):
        claim = _find(key)
        if claim:
            holder = get_user(claim.user_id)
            if holder.email_key == email_key(email):
                return holder, claim
    return None


def new_claims(user: User, *, request_token: str | None = None, may_resemble: bool = True) -> Writes:
    """Read the claims on the keys of an address, and return the writes that claim it for a user.

    Args:
        user: With the address; they may hold some of the claims already.
        request_token: The token of the request that creates the user.
        may_resemble: Whether another user may have an address that resembles this one.

    Raises:
        EmailTaken: Another user has the address.
        AddressResembles: Another user has an address that resembles it, and none may.
    """
    found = {key: _find(key) for key in _keys(user.email)}
    holders = {key: get_user(claim.user_id) for key, claim in found.items() if claim and claim.user_id != user.user_id}
    if any(holder.email_key == user.email_key for holder in holders.values()):
        raise EmailTaken
    if holders and not may_resemble:
        raise AddressResembles

    def fill(transaction: TransactWrite) -> None:
        for key, claim in found.items():
            if claim is None:
                new = _claim(key, user, request_token)
                transaction.save(new, condition=EmailItem.pk.does_not_exist())
            elif key not in holders:
                transaction.condition_check(EmailItem, claim.pk, condition=EmailItem.user_id == user.user_id)
            elif key == user.email_key:
                _take_over(transaction, holders[key], _claim(key, user, request_token))

    return fill


def changed_claims(before: User, after: User) -> Writes:
    """Return the writes that replace the claims on a user's address by those on another one.

    Raises:
        EmailTaken: Another user has the new address.
    """
    if _keys(before.email) == _keys(after.email):
        return lambda _: None
    add = new_claims(after)
    keys = [key for key in _keys(before.email) if key not in _keys(after.email)]
    if has_one_key(before.email):
        own = [_claim(key, before) for key in keys]
    else:
        found = map(_find, keys)
        own = [claim for claim in found if claim and claim.user_id == before.user_id]

    def fill(transaction: TransactWrite) -> None:
        for claim in own:
            transaction.delete(claim, condition=EmailItem.user_id == before.user_id)
        add(transaction)

    return fill


def _take_over(transaction: TransactWrite, holder: User, claim: EmailItem) -> None:
    """Take a key from a user with another address, which only resembles it; give the user a claim on their own key."""
    is_unchanged = UserItem.version == holder.version
    transaction.condition_check(UserItem, user_key(holder.user_id), condition=is_unchanged)
    is_free = EmailItem.pk.does_not_exist() | (EmailItem.user_id == holder.user_id)
    transaction.save(_claim(holder.email_key, holder), condition=is_free)
    transaction.save(claim, condition=EmailItem.user_id == holder.user_id)


def _keys(email: str) -> Collection[str]:
    return dict.fromkeys((email_key(email), lookalike_key(email)))


def _find(key: str) -> EmailItem | None:
    with translated_errors():
        try:
            return EmailItem.get(f"EMAIL#{key}", consistent_read=True)
        except DoesNotExist:
            return None


def _claim(key: str, user: User, request_token: str | None = None) -> EmailItem:
    return EmailItem(pk=f"EMAIL#{key}", user_id=user.user_id, request_token=request_token)
