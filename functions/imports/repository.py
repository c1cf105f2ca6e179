"""Imports in DynamoDB. Its items are in `items.py` and described in docs/data-model.md."""

import hashlib
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import batched, chain, islice
from typing import TYPE_CHECKING

from pynamodb.exceptions import DoesNotExist, PutError
from pynamodb.transactions import TransactWrite

from functions.imports.domain import REJECTS_KEPT, FileVersion, Import, Tally
from functions.imports.errors import ImportNotFound, ImportRunning, ImportStarted, StaleImport
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
from functions.shared.aws.dynamodb import ConditionFailed, commit, translated_errors
from functions.shared.http.pages import Page
from functions.shared.messaging.events import Event
from functions.shared.messaging.inbox import AlreadySeen

if TYPE_CHECKING:
    from functions.imports.store import ImportStore

# As long as the list that is made of them.
KEPT_S = int(REJECTS_KEPT.total_seconds())
# Two items a chunk, and BatchGetItem takes 100:
# https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html
CHUNKS_A_READ = 50
# Longer than any message of an import can wait, in a queue and in its dead-letter queue: 4 + 14 days.
CLAIMED_S = 21 * 24 * 3600
# Where a transaction that adds an import holds its claim, and what knows the request.
_CLAIM, _REQUEST = 0, 2


class ImportRepository:
    """The `ImportStore` on DynamoDB."""

    def keep_file(self, file: FileVersion, *, number: int) -> None:
        """See `ImportStore.keep_file`."""
        item = FileItem(pk=f"FILE#{file.file_id}", number=number, file=asdict(file))
        with translated_errors():
            try:
                # Of a deleted file there is no number, so that none is greater.
                item.save(condition=FileItem.pk.does_not_exist() | (FileItem.number < number))
            except PutError as error:
                if error.cause_response_code != "ConditionalCheckFailedException":
                    raise

    def forget_file(self, file_id: str) -> None:
        """See `ImportStore.forget_file`: it is kept for as long as an event of the file may still come."""
        with translated_errors():
            FileItem(pk=f"FILE#{file_id}", expires_at=int(time.time()) + KEPT_S).save()

    def find_file(self, file_id: str) -> FileVersion | None:
        """See `ImportStore.find_file`."""
        with translated_errors():
            try:
                item = FileItem.get(f"FILE#{file_id}", consistent_read=True)
            except DoesNotExist:
                return None
        return FileVersion(**item.file) if item.file else None

    def add(self, import_: Import, events: Sequence[Event], *, request_token: str | None = None) -> None:
        """See `ImportStore.add`: import, claim, events and what knows the request in one transaction."""

        def fill(transaction: TransactWrite) -> None:
            free = RunningItem.pk.does_not_exist() | (RunningItem.expires_at < int(time.time()))
            transaction.save(_claim(import_), condition=free, return_values="ALL_OLD")
            transaction.save(item_of(import_), condition=ImportItem.pk.does_not_exist())
            if request_token is not None:
                ImportRequestItem.add_to(transaction, request_token, started_id=import_.import_id)
            for event in events:
                transaction.save(ImportOutboxItem.of(event))

        try:
            commit(ImportItem, fill)
        except ConditionFailed as error:
            claim, request = error.found.get(_CLAIM), error.found.get(_REQUEST)
            if claim and claim["import_id"]["S"] == import_.import_id:
                # Its own claim: an earlier try was written, and its answer was lost.
                return
            if request:
                raise ImportStarted(str(request["started_id"]["S"])) from error
            if claim:
                raise ImportRunning(str(claim["import_id"]["S"])) from error
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
        """See `ImportStore.replace`: at its end, an import gives its claim back, if it still has it."""
        is_claimed = after.is_over and self._has_claim(after)

        def fill(transaction: TransactWrite) -> None:
            if is_claimed:
                transaction.delete(_claim(after), condition=RunningItem.import_id == after.import_id)
            if after.is_over:
                transaction.delete(TallyItem(pk=f"TALLY#{after.import_id}"))
            transaction.save(item_of(after), condition=ImportItem.version == before.version)
            if rejects:
                transaction.save(_rejects_item(before.import_id, before.cuts, "read", rejects))
            for event in events:
                transaction.save(ImportOutboxItem.of(event))

        try:
            commit(ImportItem, fill)
        except ConditionFailed as error:
            # An earlier try may have been written, and its answer lost: whoever made the change goes on from it.
            if self.get(after.import_id) != after:
                raise StaleImport from error

    def _has_claim(self, import_: Import) -> bool:
        with translated_errors():
            try:
                return RunningItem.get(_claim(import_).pk, consistent_read=True).import_id == import_.import_id
            except DoesNotExist:
                return False

    def add_to_tally(self, import_id: str, chunk: int, told: Tally, *, rejects: Sequence[Reject]) -> None:
        """See `ImportStore.add_to_tally`: the item of the rejects is the inbox mark."""

        def fill(transaction: TransactWrite) -> None:
            transaction.save(
                _rejects_item(import_id, chunk, "taken", rejects), condition=RejectsItem.pk.does_not_exist()
            )
            transaction.update(
                TallyItem(pk=f"TALLY#{import_id}"),
                actions=[
                    TallyItem.chunks.add(told.chunks),
                    TallyItem.written.add(told.written),
                    TallyItem.rejected.add(told.rejected),
                    TallyItem.skipped.add(told.skipped),
                    # The end deletes it; what a chunk that is told of after that leaves must not stay.
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

    def rejects(self, import_id: str, *, since: int = 0, cuts: int) -> Iterator[Reject]:
        """See `ImportStore.rejects`: the lines of a chunk come after those of the chunks before it."""
        for chunks in batched(range(since, cuts), CHUNKS_A_READ, strict=False):
            keys = {chunk: [_rejects_key(import_id, chunk, stage) for stage in ("read", "taken")] for chunk in chunks}
            with translated_errors():
                items = {
                    item.pk: item for item in RejectsItem.batch_get(list(chain(*keys.values())), consistent_read=True)
                }
            for chunk in chunks:
                found = [Reject(*reject) for key in keys[chunk] if key in items for reject in items[key].rejects]
                yield from sorted(found, key=lambda reject: reject.line)

    def list_page(self, *, owner: str | None, limit: int, after: str | None) -> Page[Import]:
        """See `ImportStore.list_page`: one query of at most `limit` + 1 items."""
        index, partition = (ImportItem.by_kind, KIND) if owner is None else (ImportItem.by_owner, owner)
        before = ImportItem.import_id < after if after else None
        with translated_errors():
            found = index.query(partition, before, limit=limit + 1, page_size=limit + 1, scan_index_forward=False)
            items = list(islice(found, limit + 1))
        page = [import_of(item) for item in items[:limit]]
        return Page(items=page, next_position=page[-1].import_id if len(items) > limit else None)


def _claim(import_: Import) -> RunningItem:
    same = [import_.file.file_id, import_.file.version_id, import_.layout.to_json()]
    digest = hashlib.sha256(json.dumps(same, sort_keys=True).encode()).hexdigest()
    expires_at = int(import_.created_at.timestamp()) + CLAIMED_S
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
