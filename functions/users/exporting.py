"""The lines of an export of users: each as `GET /users/{user_id}` answers it, oldest first."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from functions.shared.exporting import Line, Wanted
from functions.shared.pages import Page
from functions.users.domain import User
from functions.users.schemas import UserAnswer

PAGE = 1000


class AllUsers(Protocol):
    """What an export needs of the store; see `UserStore`."""

    def list_page(self, *, active: bool | None, limit: int, after: str | None) -> Page[User]:
        """Return at most `limit` users, oldest first, from after the position on."""

    def find_account(self, subject: str) -> str | None:
        """Return the id of the user whose sign-in the subject is."""

    def get(self, user_id: str) -> User:
        """Return a user as last written."""


@dataclass(frozen=True, slots=True)
class UserLines:
    """Reads users as lines."""

    store: AllUsers

    def read(self, wanted: Wanted) -> Iterator[Line]:
        """Read all users after a position, or the one account of a subject."""
        users = self._all(wanted.position) if wanted.restricted_to is None else self._own(wanted)
        for user in users:
            if user.created_at <= wanted.until:
                yield Line(UserAnswer.of(user).model_dump_json(), user.user_id)

    def _all(self, position: str | None) -> Iterator[User]:
        after = position
        while True:
            page = self.store.list_page(active=None, limit=PAGE, after=after)
            yield from page.items
            after = page.next_position
            if after is None:
                return

    def _own(self, wanted: Wanted) -> Iterator[User]:
        user_id = self.store.find_account(str(wanted.restricted_to))
        # They may never have called for their account, which makes it.
        if user_id is not None and wanted.position is None:
            yield self.store.get(user_id)
