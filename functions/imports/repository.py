"""The `ImportStore` in DynamoDB. The items are in `items.py`, and described in docs/data-model.md."""

import hashlib
import json
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict
from itertools import batched, chain, islice
from typing import TYPE_CHECKING

from pynamodb.exceptions import DoesNotExist
from pynamodb.transactions import TransactWrite

from functions.imports.domain import REJECTS_KEPT, FileVersion, Import, Tally
from functions.imports.errors import ImportNotFound, ImportRunning, ImportStarted
from functions.imports.items import (
    KIND,
    FileItem,
    ImportItem,
    ImportOutboxItem,
    ImportRequestItem,
    RejectsItem,
    RunningItem,
    TallyItem,
    import_of,
    item_of,
)
from functions.imports.parsing.rows import Reject
from functions.shared.aws.dynamodb import ConditionFailed, changes_between, commit, commit_alone, translated_errors
from functions.shared.documents import known_values
from functions.shared.errors import StaleVersion
from functions.shared.http.pages import Page
from functions.shared.messaging.events import Event
from functions.shared.messaging.inbox import AlreadySeen

if TYPE_CHECKING:
    from functions.imports.ports import ImportStore

# Chunks' rejects are kept as long as the rejects file.
KEPT_S = int(REJECTS_KEPT.total_seconds())
# A chunk has two items, and BatchGetItem takes 100:
# https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html
CHUNKS_A_READ = 50
# Longer than a message of an import can wait in a queue and its dead-letter queue: 4 + 14 days.
LOCKED_S = 21 * 24 * 3600
# Positions of the lock and of the request item in the transaction that adds an import.
_LOCK, _REQUEST = 0, 2


class ImportRepository:
    """The `ImportStore` in DynamoDB."""

    def keep_file(self, file: FileVersion, *, number: int) -> None:
        """See `ImportStore.keep_file`."""
        item = FileItem(pk=f"FILE#{file.file_id}", number=number, file=asdict(file))
        # The item of a deleted file has no number, so the condition fails.
        newer = FileItem.pk.does_not_exist() | (FileItem.number < number)
        with suppress(ConditionFailed):
            commit_alone(item, condition=newer)

    def forget_file(self, file_id: str) -> None:
        """See `ImportStore.forget_file`: the mark outlives every event about the file that may still arrive."""
        with translated_errors():
            FileItem(pk=f"FILE#{file_id}", expires_at=int(time.time()) + KEPT_S).save()

    def find_file(self, file_id: str) -> FileVersion | None:
        """See `ImportStore.find_file`."""
        with translated_errors():
            try:
                item = FileItem.get(f"FILE#{file_id}", consistent_read=True)
            except DoesNotExist:
                return None
        return FileVersion(**known_values(FileVersion, item.file)) if item.file else None

    def add(self, import_: Import, events: Sequence[Event], *, request_token: str | None = None) -> None:
        """See `ImportStore.add`: import, lock, events and request item in one transaction."""

        def fill(transaction: TransactWrite) -> None:
            free = RunningItem.pk.does_not_exist() | (RunningItem.expires_at < int(time.time()))
            transaction.save(_lock(import_), condition=free, return_values="ALL_OLD")
            transaction.save(item_of(import_), condition=ImportItem.pk.does_not_exist())
            if request_token is not None:
                ImportRequestItem.add_to(transaction, request_token, started_id=import_.import_id)
            for event in events:
                transaction.save(ImportOutboxItem.of(event))

        try:
            commit(ImportItem, fill)
        except ConditionFailed as error:
            lock, request = error.found.get(_LOCK), error.found.get(_REQUEST)
            if lock and lock["import_id"]["S"] == import_.import_id:
                # The import holds the lock itself: an earlier try succeeded, and its response was lost.
                return
            if request:
                raise ImportStarted(str(request["started_id"]["S"])) from error
            if lock:
                raise ImportRunning(str(lock["import_id"]["S"])) from error
            raise

    def get(self, import_id: str) -> Import:
        """See `ImportStore.get`."""
        with translated_errors():
            try:
                return import_of(ImportItem.get(f"IMPORT#{import_id}", consistent_read=True))
            except DoesNotExist as error:
                raise ImportNotFound from error

    def replace(
        self, before: Import, after: Import, events: Sequence[Event], *, rejects: Sequence[Reject] = ()
    ) -> None:
        """See `ImportStore.replace`: an import that ends also releases its lock, unless another import holds it."""
        has_lock = after.is_over and self._has_lock(after)

        def fill(transaction: TransactWrite) -> None:
            if has_lock:
                transaction.delete(_lock(after), condition=RunningItem.import_id == after.import_id)
            if after.is_over:
                transaction.delete(TallyItem(pk=f"TALLY#{after.import_id}"))
            unchanged = ImportItem.version == before.version
            transaction.update(
                item_of(after), actions=changes_between(item_of(before), item_of(after)), condition=unchanged
            )
            if rejects:
                transaction.save(_rejects_item(before.import_id, before.chunks_read, "read", rejects))
            for event in events:
                transaction.save(ImportOutboxItem.of(event))

        try:
            commit(ImportItem, fill)
        except ConditionFailed as error:
            # An earlier try may have succeeded although its response was lost: then the change is stored.
            if self.get(after.import_id) != after:
                raise StaleVersion from error

    def _has_lock(self, import_: Import) -> bool:
        with translated_errors():
            try:
                return RunningItem.get(_lock(import_).pk, consistent_read=True).import_id == import_.import_id
            except DoesNotExist:
                return False

    def add_to_tally(self, import_id: str, chunk: int, counts: Tally, *, rejects: Sequence[Reject]) -> None:
        """See `ImportStore.add_to_tally`: the item with the rejects is also the inbox mark."""

        def fill(transaction: TransactWrite) -> None:
            transaction.save(
                _rejects_item(import_id, chunk, "taken", rejects), condition=RejectsItem.pk.does_not_exist()
            )
            transaction.update(
                TallyItem(pk=f"TALLY#{import_id}"),
                actions=[
                    TallyItem.chunks.add(counts.chunks),
                    TallyItem.written.add(counts.written),
                    TallyItem.rejected.add(counts.rejected),
                    TallyItem.skipped.add(counts.skipped),
                    # The import's end deletes the tally; a chunk counted later would create one that nothing deletes.
                    TallyItem.expires_at.set(int(time.time()) + KEPT_S),
                ],
            )

        try:
            commit(ImportItem, fill)
        except ConditionFailed as error:
            raise AlreadySeen from error

    def get_tally(self, import_id: str) -> Tally:
        """See `ImportStore.get_tally`."""
        with translated_errors():
            try:
                item = TallyItem.get(f"TALLY#{import_id}", consistent_read=True)
            except DoesNotExist:
                return Tally()
        return Tally(
            chunks=int(item.chunks), written=int(item.written), rejected=int(item.rejected), skipped=int(item.skipped)
        )

    def rejects(self, import_id: str, chunks: Iterable[int]) -> Iterator[Reject]:
        """See `ImportStore.rejects`: chunks are in the order of their lines, so sorting within a chunk is enough."""
        for batch in batched(chunks, CHUNKS_A_READ, strict=False):
            keys = {chunk: [_rejects_key(import_id, chunk, stage) for stage in ("read", "taken")] for chunk in batch}
            with translated_errors():
                items = {
                    item.pk: item for item in RejectsItem.batch_get(list(chain(*keys.values())), consistent_read=True)
                }
            for chunk in batch:
                found = [Reject(*reject) for key in keys[chunk] if key in items for reject in items[key].rejects]
                yield from sorted(found, key=lambda reject: reject.line)

    def list_page(self, *, restricted_to: str | None, limit: int, after: str | None) -> Page[Import]:
        """See `ImportStore.list_page`: one query of at most `limit` + 1 items."""
        index, key = (ImportItem.by_kind, KIND) if restricted_to is None else (ImportItem.by_owner, restricted_to)
        before = ImportItem.import_id < after if after else None
        with translated_errors():
            found = index.query(key, before, limit=limit + 1, page_size=limit + 1, scan_index_forward=False)
            items = list(islice(found, limit + 1))
        page = [import_of(item) for item in items[:limit]]
        return Page(items=page, next_position=page[-1].import_id if len(items) > limit else None)


def _lock(import_: Import) -> RunningItem:
    same = [import_.file.file_id, import_.file.version_id, import_.layout.to_json()]
    digest = hashlib.sha256(json.dumps(same, sort_keys=True).encode()).hexdigest()
    expires_at = int(import_.created_at.timestamp()) + LOCKED_S
    return RunningItem(pk=f"RUNNING#{digest}", import_id=import_.import_id, expires_at=expires_at)


def _rejects_key(import_id: str, chunk: int, stage: str) -> str:
    return f"CHUNK#{import_id}#{chunk:08}#{stage}"


def _rejects_item(import_id: str, chunk: int, stage: str, rejects: Sequence[Reject]) -> RejectsItem:
    return RejectsItem(
        pk=_rejects_key(import_id, chunk, stage),
        rejects=[[reject.line, reject.field, str(reject.reason)] for reject in rejects],
        expires_at=int(time.time()) + KEPT_S,
    )


if TYPE_CHECKING:
    _: ImportStore = ImportRepository()
