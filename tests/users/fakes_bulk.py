"""Stand-ins for the ports of the import of users."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from functions.shared.errors import Unavailable
from functions.shared.messaging.events import Event
from functions.shared.messaging.inbox import AlreadySeen
from functions.users.domain import User
from functions.users.errors import NotAllNew
from functions.users.ports import ChunkRow

if TYPE_CHECKING:
    from functions.users.ports import BulkUserStore, Chunks


class Crash(Exception):
    """The process ends here."""


class FakeBulkUserStore:
    """The `BulkUserStore` in memory.

    Attributes:
        busy: The number of writes that find the store busy.
        crash_after: The number of writes after which the process crashes.
    """

    def __init__(self) -> None:
        self.users: dict[str, User] = {}
        self.claims: dict[str, str] = {}
        self.events: list[Event] = []
        self.taken: set[str] = set()
        self.busy = 0
        self.crash_after: int | None = None

    def is_taken(self, chunk_id: str) -> bool:
        return chunk_id in self.taken

    def add_all(self, users: Sequence[User], event: Event) -> None:
        self._answer()
        present = frozenset(place for place, user in enumerate(users) if user.user_id in self.users)
        holders = {
            place: self.claims[user.email_key]
            for place, user in enumerate(users)
            if user.email_key in self.claims and place not in present
        }
        if present or holders:
            raise NotAllNew(present=present, holders=holders)
        self.users |= {user.user_id: user for user in users}
        self.claims |= {user.email_key: user.user_id for user in users}
        self.events.append(event)

    def add(self, user: User, event: Event) -> None:
        self.add_all([user], event)

    def finish(self, chunk_id: str, event: Event) -> None:
        self._answer()
        if chunk_id in self.taken:
            raise AlreadySeen
        self.taken.add(chunk_id)
        self.events.append(event)

    def _answer(self) -> None:
        if self.busy:
            self.busy -= 1
            raise Unavailable
        if self.crash_after is not None:
            self.crash_after -= 1
            if self.crash_after < 0:
                raise Crash


class FakeChunks:
    """The `Chunks` in memory."""

    def __init__(self, rows: Mapping[str, Sequence[ChunkRow]]) -> None:
        self.rows = rows

    def read(self, key: str) -> Sequence[ChunkRow]:
        return self.rows[key]


if TYPE_CHECKING:
    _: tuple[BulkUserStore, Chunks] = (FakeBulkUserStore(), FakeChunks({}))
