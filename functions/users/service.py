"""What can be done with users, and what must be stored for it."""

from typing import Protocol

from functions.shared.errors import Unavailable
from functions.shared.events import Event
from functions.shared.identifiers import is_id
from functions.shared.pages import Page
from functions.users.domain import Changes, User, change_user, create_user
from functions.users.errors import EmailTaken, StaleVersion, UserNotFound

CHANGE_ATTEMPTS = 5


class UserStore(Protocol):
    """Users, each written together with the event that tells of the change."""

    def add(self, user: User, event: Event, *, request_token: str | None) -> None:
        """Add a user.

        Raises:
            EmailTaken: Another user has the address.
        """

    def replace(self, before: User, after: User, event: Event) -> None:
        """Store `after` where `before` is still the stored version.

        Raises:
            StaleVersion: It is not.
            EmailTaken: Another user has the new address.
        """

    def get(self, user_id: str) -> User:
        """Return a user as last written.

        Raises:
            UserNotFound: There is none with this id.
        """

    def find_by_request(self, email_key: str, request_token: str) -> User | None:
        """Return the user who holds the address, if this very request created them."""

    def list_page(self, *, active: bool | None, limit: int, after: str | None) -> Page[User]:
        """Return at most `limit` users, oldest first, from after the position on; eventually consistent."""


class UserService:
    """The use cases of users."""

    def __init__(self, store: UserStore) -> None:
        self._store = store

    def create(self, *, email: str, name: str | None, request_token: str | None = None) -> User:
        """Create a user.

        Args:
            email: A valid address.
            name: What to call them.
            request_token: Names the request, so that one whose first try was cut off finds what that try created.

        Raises:
            EmailTaken: Another user has the address.
        """
        user, event = create_user(email=email, name=name)
        try:
            self._store.add(user, event, request_token=request_token)
        except EmailTaken:
            earlier = request_token and self._store.find_by_request(user.email_key, request_token)
            if not earlier:
                raise
            return earlier
        return user

    def get(self, user_id: str) -> User:
        """Return a user.

        Raises:
            UserNotFound: There is none with this id.
        """
        if not is_id(user_id):
            raise UserNotFound
        return self._store.get(user_id)

    def list_page(self, *, active: bool | None, limit: int, after: str | None) -> Page[User]:
        """Return at most `limit` users, oldest first, from after the position on."""
        return self._store.list_page(active=active, limit=limit, after=after)

    def change(self, user_id: str, changes: Changes, *, versions: frozenset[int] | None) -> User:
        """Change a user who is at one of these versions; None means at any.

        Raises:
            UserNotFound: There is none with this id.
            StaleVersion: The user is at another version.
            EmailTaken: Another user has the new address.
            Unavailable: Any version was right, but others kept changing the user at the same time.
        """
        for _ in range(CHANGE_ATTEMPTS):
            user = self.get(user_id)
            if versions is not None and user.version not in versions:
                raise StaleVersion
            outcome = change_user(user, changes)
            if outcome is None:
                return user
            after, event = outcome
            try:
                self._store.replace(user, after, event)
            except StaleVersion:
                if versions is not None:
                    raise
            else:
                return after
        raise Unavailable("Others are changing this user. Try again.")

    def deactivate(self, user_id: str, *, versions: frozenset[int] | None = None) -> None:
        """Deactivate a user; one who is inactive stays so.

        Raises:
            UserNotFound: There is none with this id.
            StaleVersion: The user is at another version than those given.
            Unavailable: Others kept changing the user at the same time.
        """
        self.change(user_id, Changes(given=frozenset({"active"}), active=False), versions=versions)
