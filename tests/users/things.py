"""Users in a store, for tests."""

from functions.users.domain import Details, User, change_user, create_user
from functions.users.ports import UserStore


def added(store: UserStore, email: str, *, request_token: str | None = None) -> User:
    user, event = create_user(Details(email=email, name=None))
    store.add(user, event, request_token=request_token)
    return user


def changed(store: UserStore, user: User, **values: object) -> User:
    outcome = change_user(user, values)
    assert outcome is not None
    after, event = outcome
    store.replace(user, after, event)
    return after
