"""The lines of an export of users, as in `GET /users/{user_id}`, in no particular order."""

from collections.abc import Iterator
from dataclasses import dataclass

from functions.shared.exporting import Line, PartRequest
from functions.users.domain import User
from functions.users.ports import AllUsers
from functions.users.schemas import UserAnswer


@dataclass(frozen=True, slots=True)
class UserLines:
    """Returns users as lines."""

    store: AllUsers

    def read(self, part: PartRequest) -> Iterator[Line]:
        """Return all users after a position, or only the account of a subject."""
        users = self.store.read_all(after=part.position) if part.restricted_to is None else self._own(part)
        for user in users:
            is_included = user.created_at <= part.until
            yield Line(UserAnswer.of(user).model_dump_json() if is_included else None, user.user_id)

    def _own(self, part: PartRequest) -> Iterator[User]:
        user_id = self.store.find_account(str(part.restricted_to))
        # The subject has no account before the first `GET /users/me`.
        if user_id is not None and part.position is None:
            yield self.store.get(user_id)
