"""The import of users: turns the rows of a chunk into users, in few transactions, and reports the rejected rows.

Failures:

- DynamoDB throttles or is unreachable: the batch is retried with backoff for as long as there is time.
- The function ends in the middle of a chunk: the chunk is delivered again. The rows that are written already are
  recognised by their ids, which are derived from the import and the line.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import batched

from functions.shared.aws.backoff import again_while_busy
from functions.shared.identifiers import is_part_of, part_id
from functions.shared.messaging.events import Event
from functions.shared.messaging.inbox import AlreadySeen
from functions.users.addresses import has_one_key
from functions.users.domain import User
from functions.users.errors import NotAllNew
from functions.users.ports import BulkUserStore, ChunkRow, Chunks
from functions.users.row_validation import user_of

# A transaction has at most 100 writes: for each user the user and the claim on the address, and one event for all.
# https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
USERS_A_TRANSACTION = 49
WRITERS = 4


@dataclass(frozen=True, slots=True)
class Rejected:
    """A rejected row; the contract of `ImportChunkTaken.v1` lists the reasons."""

    line: int
    field: str
    reason: str


class BulkImport:
    """Imports the rows of chunks.

    Args:
        store: The store of the users.
        chunks: The store of the rows.
        writers: The number of parallel transactions; each spends most of its time waiting.
    """

    def __init__(self, store: BulkUserStore, chunks: Chunks, *, writers: int = WRITERS) -> None:
        self._store = store
        self._chunks = chunks
        self._writers = writers

    def take(self, event: Event) -> None:
        """Import the rows of the chunk in an `ImportChunkReady.v1`.

        Raises:
            AlreadySeen: The chunk was finished before.
            Unavailable: The store was busy until the time ran out; the next delivery continues from there.
        """
        import_id, chunk = event.data["import_id"], event.data["chunk"]
        chunk_id = f"{import_id}#{chunk}"
        if again_while_busy(lambda: self._store.is_taken(chunk_id)):
            raise AlreadySeen
        rows = again_while_busy(lambda: self._chunks.read(event.data["key"]))
        users, rejected = _valid(rows, import_id)
        refused = self._write_all(users, import_id, chunk)
        # The event has an owner if the import has one.
        owner = {"owner": event.data["owner"]} if "owner" in event.data else {}
        taken = Event(
            type="ImportChunkTaken.v1",
            source="users",
            subject=f"imports/{import_id}/chunks/{chunk}",
            sequence=2,
            data={
                "import_id": import_id,
                **owner,
                "chunk": chunk,
                "written": len(users) - len(refused),
                "skipped": event.data["rows"] - len(rows),
                "rejected": [
                    {"line": one.line, "field": one.field, "reason": one.reason}
                    for one in sorted([*rejected, *refused], key=lambda one: (one.line, one.field))
                ],
            },
        )
        again_while_busy(lambda: self._store.finish(chunk_id, taken))

    def _write_all(self, users: Sequence["_Numbered"], import_id: str, chunk: int) -> list[Rejected]:
        """Write users with different addresses, and return those that are rejected."""

        def write(batch: Sequence[_Numbered]) -> list[Rejected]:
            return list(self._write(batch, import_id, chunk))

        with ThreadPoolExecutor(self._writers) as pool:
            # Each writer runs in a copy of the context variables: the correlation and the invocation.
            writing = [
                pool.submit(copy_context().run, write, batch)
                for batch in batched(users, USERS_A_TRANSACTION, strict=False)
            ]
            return [refused for written in writing for refused in written.result()]

    def _write(self, batch: Sequence["_Numbered"], import_id: str, chunk: int) -> Iterator[Rejected]:
        """Write a batch and yield its rejected rows; users that are stored already count as written."""
        plain = [one for one in batch if has_one_key(one.user.email)]
        one_by_one = [one for one in batch if not has_one_key(one.user.email)]
        while plain:
            refused = self._add(plain, import_id, chunk, self._store.add_all)
            if refused is None:
                break
            yield from _rejected(plain, refused, import_id)
            one_by_one += [plain[place] for place in sorted(refused.alike)]
            out = refused.present | refused.holders.keys() | refused.alike
            plain = [one for place, one in enumerate(plain) if place not in out]
        for one in one_by_one:
            refused = self._add([one], import_id, chunk, lambda users, event: self._store.add(users[0], event))
            if refused is not None:
                yield from _rejected([one], refused, import_id)

    def _add(
        self,
        batch: Sequence["_Numbered"],
        import_id: str,
        chunk: int,
        add: Callable[[Sequence[User], Event], None],
    ) -> NotAllNew | None:
        """Add all users of a batch, or none and return the reasons."""
        users = [one.user for one in batch]
        imported = Event(
            type="UsersImported.v1",
            source="users",
            subject=f"imports/{import_id}/lines/{batch[0].line}-{batch[-1].line}",
            sequence=1,
            data={"import_id": import_id, "chunk": chunk, "user_ids": [user.user_id for user in users]},
        )
        try:
            again_while_busy(lambda: add(users, imported))
        except NotAllNew as refused:
            return refused
        return None


def _rejected(batch: Sequence["_Numbered"], refused: NotAllNew, import_id: str) -> Iterator[Rejected]:
    for place, holder in refused.holders.items():
        reason = "twice_in_file" if is_part_of(import_id, holder) else "taken"
        yield Rejected(batch[place].line, "email", reason)


@dataclass(frozen=True, slots=True)
class _Numbered:
    line: int
    user: User


def _valid(rows: Sequence[ChunkRow], import_id: str) -> tuple[list[_Numbered], list[Rejected]]:
    """Return the users of the valid rows, and the rows that the API would reject or that repeat an address."""
    users: list[_Numbered] = []
    rejected: list[Rejected] = []
    addresses: set[str] = set()
    now = datetime.now(UTC)
    for row in rows:
        user, wrong = user_of(row.fields, user_id=part_id(import_id, row.line), now=now)
        rejected += [Rejected(row.line, field, reason) for field, reason in wrong.items()]
        if user is None:
            continue
        if user.email_key in addresses:
            rejected.append(Rejected(row.line, "email", "twice_in_file"))
            continue
        addresses.add(user.email_key)
        users.append(_Numbered(row.line, user))
    return users, rejected
