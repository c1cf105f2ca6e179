"""The lines of an export of users: each as `GET /users/{user_id}` answers it, in no order."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from functions.shared.exporting import Line, Wanted
from functions.users.domain import User
from functions.users.schemas import UserAnswer


class AllUsers(Protocol):
    """What an export needs of the store; see also `UserStore`."""

    def read_all(self, *, after: str | None) -> Iterator[User]:
        """Read every user after one of them, in an order that stays the same, each as last written.

        Raises:
            Unavailable: The store is busy or away.
        """

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
        users = self.store.read_all(after=wanted.position) if wanted.restricted_to is None else self._own(wanted)
        for user in users:
            is_wanted = user.created_at <= wanted.until
            yield Line(UserAnswer.of(user).model_dump_json() if is_wanted else None, user.user_id)

    def _own(self, wanted: Wanted) -> Iterator[User]:
        user_id = self.store.find_account(str(wanted.restricted_to))
        # They may never have called for their account, which makes it.
        if user_id is not None and wanted.position is None:
            yield self.store.get(user_id)
