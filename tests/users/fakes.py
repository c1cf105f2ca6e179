"""The store of users in memory."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from functions.shared.http.pages import Page
from functions.shared.messaging.events import Event
from functions.users.domain import Profile, User
from functions.users.errors import AccountTaken, EmailTaken, StaleUser, UserNotFound

if TYPE_CHECKING:
    from functions.users.ports import AllUsers, Profiles, UserStore


class FakeUserStore:
    """The `UserStore` in memory; `events` has the events that were written with the users."""

    def __init__(self) -> None:
        self.users: dict[str, User] = {}
        self.claims: dict[str, tuple[str, str | None]] = {}
        self.sign_ins: dict[str, str] = {}
        self.events: list[Event] = []

    def add(self, user: User, event: Event, *, request_token: str | None = None, subject: str | None = None) -> None:
        if user.email_key in self.claims or subject in self.sign_ins:
            raise EmailTaken
        if subject is not None:
            self.sign_ins[subject] = user.user_id
        self.users[user.user_id] = user
        self.claims[user.email_key] = (user.user_id, request_token)
        self.events.append(event)

    def replace(self, before: User, after: User, event: Event) -> None:
        if self.users[before.user_id].version != before.version:
            raise StaleUser
        if before.email_key != after.email_key:
            if after.email_key in self.claims:
                raise EmailTaken
            del self.claims[before.email_key]
            self.claims[after.email_key] = (after.user_id, None)
        self.users[after.user_id] = after
        self.events.append(event)

    def get(self, user_id: str) -> User:
        try:
            return self.users[user_id]
        except KeyError:
            raise UserNotFound from None

    def find_account(self, subject: str) -> str | None:
        return self.sign_ins.get(subject)

    def find_sign_in(self, user_id: str) -> str | None:
        return next((subject for subject, account in self.sign_ins.items() if account == user_id), None)

    def find_by_email(self, email_key: str) -> User | None:
        user_id, _ = self.claims.get(email_key, ("", None))
        return self.users.get(user_id)

    def link(self, user: User, subject: str) -> None:
        if self.claims.get(user.email_key, ("", None))[0] != user.user_id:
            raise StaleUser
        if subject in self.sign_ins or user.user_id in self.sign_ins.values():
            raise AccountTaken
        self.sign_ins[subject] = user.user_id

    def find_by_request(self, email_key: str, request_token: str) -> User | None:
        user_id, token = self.claims.get(email_key, ("", None))
        return self.users[user_id] if token == request_token else None

    def list_page(self, *, active: bool | None, limit: int, after: str | None) -> Page[User]:
        found = [
            user
            for user_id, user in sorted(self.users.items())
            if (after is None or user_id > after) and (active is None or user.active is active)
        ]
        more = len(found) > limit
        return Page(items=found[:limit], next_position=found[limit - 1].user_id if more else None)

    def read_all(self, *, after: str | None) -> Iterator[User]:
        for user_id, user in sorted(self.users.items()):
            if after is None or user_id > after:
                yield user


class FakeProfiles:
    """The `Profiles` in memory, by token."""

    def __init__(self, **profiles: Profile) -> None:
        self.profiles = profiles
        self.asked: list[str] = []

    def get(self, token: str) -> Profile:
        self.asked.append(token)
        return self.profiles[token]


if TYPE_CHECKING:
    _: UserStore = FakeUserStore()
    __: Profiles = FakeProfiles()
    ___: AllUsers = FakeUserStore()
