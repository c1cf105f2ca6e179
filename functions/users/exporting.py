"""The lines of an export of users: each as `GET /users/{user_id}` answers it, in no order."""

from collections.abc import Iterator
from dataclasses import dataclass

from functions.shared.exporting import Line, PartRequest
from functions.users.domain import User
from functions.users.ports import AllUsers
from functions.users.schemas import UserAnswer


@dataclass(frozen=True, slots=True)
class UserLines:
    """Reads users as lines."""

    store: AllUsers

    def read(self, wanted: PartRequest) -> Iterator[Line]:
        """Read all users after a position, or the one account of a subject."""
        users = self.store.read_all(after=wanted.position) if wanted.restricted_to is None else self._own(wanted)
        for user in users:
            is_wanted = user.created_at <= wanted.until
            yield Line(UserAnswer.of(user).model_dump_json() if is_wanted else None, user.user_id)

    def _own(self, wanted: PartRequest) -> Iterator[User]:
        user_id = self.store.find_account(str(wanted.restricted_to))
        # They may never have called for their account, which makes it.
        if user_id is not None and wanted.position is None:
            yield self.store.get(user_id)
