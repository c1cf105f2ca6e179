"""The store of users in memory."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from functions.shared.http.pages import Page
from functions.shared.messaging.events import Event
from functions.users.addresses import email_key, lookalike_key
from functions.users.domain import Profile, User
from functions.users.errors import AccountTaken, AddressResembles, EmailTaken, StaleUser, UserNotFound

if TYPE_CHECKING:
    from functions.users.ports import AllUsers, Profiles, SignIns, UserStore


class FakeUserStore:
    """The `UserStore` in memory; `events` has the events that were written with the users."""

    def __init__(self) -> None:
        self.users: dict[str, User] = {}
        self.request_tokens: dict[str, str | None] = {}
        self.sign_ins: dict[str, str] = {}
        self.events: list[Event] = []

    def add(self, user: User, event: Event, *, request_token: str | None = None, subject: str | None = None) -> None:
        if self.find_by_email(user.email) or subject in self.sign_ins:
            raise EmailTaken
        if subject is not None:
            if any(lookalike_key(other.email) == lookalike_key(user.email) for other in self.users.values()):
                raise AddressResembles
            self.sign_ins[subject] = user.user_id
        self.users[user.user_id] = user
        self.request_tokens[user.user_id] = request_token
        self.events.append(event)

    def replace(self, before: User, after: User, event: Event) -> None:
        if self.users[before.user_id].version != before.version:
            raise StaleUser
        holder = self.find_by_email(after.email)
        if holder and holder.user_id != after.user_id:
            raise EmailTaken
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

    def find_by_email(self, email: str) -> User | None:
        return next((user for user in self.users.values() if user.email_key == email_key(email)), None)

    def link(self, user: User, subject: str, event: Event | None = None) -> None:
        if self.users[user.user_id].version != user.version:
            raise StaleUser
        if subject in self.sign_ins or user.user_id in self.sign_ins.values():
            raise AccountTaken
        self.sign_ins[subject] = user.user_id
        if event is not None:
            self.events.append(event)

    def find_by_request(self, email: str, request_token: str) -> User | None:
        user = self.find_by_email(email)
        return user if user and self.request_tokens.get(user.user_id) == request_token else None

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


class FakeSignIns:
    """The `SignIns` in memory; `ended` has the subjects without access.

    Args:
        people: Their verified addresses by their subjects.
    """

    def __init__(self, **people: str) -> None:
        self.ended: set[str] = set()
        self.calls = 0
        self._people = people

    def find(self, email: str) -> str | None:
        return next((subject for subject, address in self._people.items() if address == email), None)

    def end(self, subject: str) -> None:
        self.calls += 1
        self.ended.add(subject)

    def restore(self, subject: str) -> None:
        self.calls += 1
        self.ended.discard(subject)


if TYPE_CHECKING:
    _: UserStore = FakeUserStore()
    __: Profiles = FakeProfiles()
    ___: AllUsers = FakeUserStore()
    ____: SignIns = FakeSignIns()
