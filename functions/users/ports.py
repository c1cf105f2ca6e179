"""The ports of users: the stores and services that the use cases need; the adapters are in the other modules."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from functions.shared.http.pages import Page
from functions.shared.messaging.events import Event
from functions.users.domain import Profile, User


class UserStore(Protocol):
    """Users; each change is written together with its event."""

    def add(self, user: User, event: Event, *, request_token: str | None = None, subject: str | None = None) -> None:
        """Add a user and, if a subject of the user pool is given, make the user the account of this subject.

        Raises:
            EmailTaken: Another user has the address, or the subject has an account.
            AddressResembles: A subject is given, and another user has an address that resembles the user's.
            Unavailable: Others kept claiming the address or one that resembles it.
        """

    def replace(self, before: User, after: User, event: Event) -> None:
        """Store `after` if `before` is still the stored version.

        Raises:
            StaleUser: Another version is stored.
            EmailTaken: Another user has the new address.
        """

    def get(self, user_id: str) -> User:
        """Return a user as last written.

        Raises:
            UserNotFound: No user has this id.
        """

    def find_account(self, subject: str) -> str | None:
        """Return the id of the user that a subject signs in as."""

    def find_sign_in(self, user_id: str) -> str | None:
        """Return the subject that signs in as a user; it never changes once it is set."""

    def find_by_email(self, email: str) -> User | None:
        """Return the user who has an address, in any case of its letters."""

    def link(self, user: User, subject: str, event: Event | None = None) -> None:
        """Let a subject sign in as the user who has their address; an event is written with the link.

        Raises:
            StaleUser: Another version of the user is stored, perhaps with another address.
            AccountTaken: Another subject signs in as the user, or the subject signs in as another user.
        """

    def find_by_request(self, email: str, request_token: str) -> User | None:
        """Return the user who has an address, if the request with this token created them."""

    def list_page(self, *, active: bool | None, limit: int, after: str | None) -> Page[User]:
        """Return at most `limit` users after a position, oldest first; eventually consistent."""


class AllUsers(Protocol):
    """All users, for exports; see also `UserStore`."""

    def read_all(self, *, after: str | None) -> Iterator[User]:
        """Read every user after the given one, as last written, in an order that stays the same.

        Raises:
            Unavailable: The store is busy or unreachable.
        """

    def find_account(self, subject: str) -> str | None:
        """Return the id of the user that a subject signs in as."""

    def get(self, user_id: str) -> User:
        """Return a user as last written."""


class BulkUserStore(Protocol):
    """Users, written many at a time."""

    def is_taken(self, chunk_id: str) -> bool:
        """Return whether a chunk is finished."""

    def add_all(self, users: Sequence[User], event: Event) -> None:
        """Add at most `USERS_A_TRANSACTION` users, with different addresses of one key each, and their event, or none.

        Raises:
            NotAllNew: Some of the users, or their addresses, are stored already, or other addresses resemble theirs.
            Unavailable: The store is busy or unreachable.
        """

    def add(self, user: User, event: Event) -> None:
        """Add one user with an address that may resemble others, and their event.

        Raises:
            NotAllNew: The user, or their address, is stored already.
            Unavailable: The store is busy or unreachable, or others kept claiming such an address.
        """

    def finish(self, chunk_id: str, event: Event) -> None:
        """Mark a chunk as finished, together with its event.

        Raises:
            AlreadySeen: The chunk is marked already.
            Unavailable: The store is busy or unreachable.
        """


@dataclass(frozen=True, slots=True)
class ChunkRow:
    """A row of a chunk; `line` is the line of the file in which it begins."""

    line: int
    fields: Mapping[str, str]


class Chunks(Protocol):
    """The chunks of rows that imports writes for users."""

    def read(self, key: str) -> Sequence[ChunkRow]:
        """Return the rows of a chunk; a chunk of a cancelled import has none.

        Raises:
            Unavailable: The store is busy or unreachable.
        """


class SignIns(Protocol):
    """The sign-ins of people, by their subjects; each method may be called again, and for people who are gone."""

    def find(self, email: str) -> str | None:
        """Return the subject of the person with this verified address, or None.

        Raises:
            Unavailable: The pool is busy or unreachable.
        """

    def end(self, subject: str) -> None:
        """Let a person sign in no more, end their sessions, and let every service refuse the tokens that they have.

        Raises:
            Unavailable: The pool or the table of blocked people is busy or unreachable.
        """

    def restore(self, subject: str) -> None:
        """Let a person sign in again.

        Raises:
            Unavailable: The pool or the table of blocked people is busy or unreachable.
        """


class Profiles(Protocol):
    """The profiles of people in the user pool."""

    def get(self, token: str) -> Profile:
        """Return the profile of the person with this access token.

        Raises:
            InvalidToken: The pool has revoked the token.
            Forbidden: The token lacks the scope for reading a profile.
            Unavailable: The pool is busy or unreachable.
        """
