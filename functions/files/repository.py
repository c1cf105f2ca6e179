"""Files in DynamoDB; no other module of this service imports PynamoDB. docs/data-model.md describes the items."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

from pynamodb.attributes import JSONAttribute, NumberAttribute, UnicodeAttribute, VersionAttribute
from pynamodb.exceptions import DoesNotExist
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex
from pynamodb.models import Model
from pynamodb.transactions import TransactWrite

from functions.files.domain import File, Version, expiry
from functions.files.errors import FileNotFound, StaleFile, StorageFull, TooManyFiles
from functions.shared.aws.dynamodb import (
    ConditionFailed,
    TableMeta,
    changes_between,
    commit,
    translated_errors,
    writes_of,
)
from functions.shared.aws.quotas import UNBOUNDED, Quota, QuotaExceeded, QuotaItem, Usage
from functions.shared.documents import known_values, over
from functions.shared.http.pages import Page
from functions.shared.messaging.events import Event
from functions.shared.messaging.outbox import OutboxItem

if TYPE_CHECKING:
    from functions.files.ports import FileStore

KIND = "file"


class _Table(TableMeta):
    table_name = os.environ.get("TABLE_NAME", "files")


class _ByOwner(GlobalSecondaryIndex["FileItem"]):  # type: ignore[no-untyped-call] # PynamoDB types no __init_subclass__
    """The files of an owner, in the order of their ids, which is the order of creation."""

    class Meta(_Table):
        index_name = "by_owner"
        projection = AllProjection()

    owner = UnicodeAttribute(hash_key=True)
    file_id = UnicodeAttribute(range_key=True)


class _ByKind(GlobalSecondaryIndex["FileItem"]):  # type: ignore[no-untyped-call] # PynamoDB types no __init_subclass__
    """All files, without the other items of the table, in the order of their ids."""

    class Meta(_Table):
        index_name = "by_kind"
        projection = AllProjection()

    kind = UnicodeAttribute(hash_key=True)
    file_id = UnicodeAttribute(range_key=True)


class FileItem(Model):
    """A file: `pk = FILE#<file_id>`."""

    class Meta(_Table):
        pass

    pk = UnicodeAttribute(hash_key=True)
    kind = UnicodeAttribute()
    file_id = UnicodeAttribute()
    owner = UnicodeAttribute()
    name = UnicodeAttribute()
    current = JSONAttribute()
    latest = NumberAttribute()
    # Missing in files from before there were quotas.
    stored_bytes = NumberAttribute(null=True)
    version = VersionAttribute()
    created_at = UnicodeAttribute()
    updated_at = UnicodeAttribute()
    expires_at = NumberAttribute(null=True)

    by_owner = _ByOwner()
    by_kind = _ByKind()


class VersionItem(Model):
    """A version: `pk = VERSION#<file_id>#<number>`; the latest number of a file gives the keys of all its versions."""

    class Meta(_Table):
        pass

    pk = UnicodeAttribute(hash_key=True)
    content = JSONAttribute()
    expires_at = NumberAttribute(null=True)


class _FileOutboxItem(OutboxItem):
    class Meta(_Table):
        pass


class _FileQuotaItem(QuotaItem):
    """The number and the bytes of an owner's files."""

    class Meta(_Table):
        pass


class FileRepository:
    """The `FileStore` on DynamoDB.

    Args:
        at_most: The quota of each owner.
    """

    def __init__(self, *, at_most: Usage = Usage(items=UNBOUNDED, size_bytes=UNBOUNDED)) -> None:  # noqa: B008 - frozen
        self._at_most = at_most
        self._quota = Quota(_FileQuotaItem, at_most=at_most, count=_count)

    def add(self, file: File) -> None:
        """See `FileStore.add`: file, version and the owner's quota in one transaction."""

        def fill(transaction: TransactWrite) -> None:
            transaction.save(_item(file), condition=FileItem.pk.does_not_exist())
            transaction.save(_version_item(file, file.current))

        self._commit_with_more(fill, file, Usage(items=1, size_bytes=file.stored_bytes))

    def replace(self, before: File, after: File, version: Version, event: Event | None = None) -> None:
        """See `FileStore.replace`: file, version, event and, if bytes are added, the owner's quota in one transaction.

        Bytes of rejected versions return to the owner with the next count: see `Quota`.
        """

        def fill(transaction: TransactWrite) -> None:
            # PynamoDB's version attribute adds the condition that the stored version is `before`'s.
            old, new = (_item(file, stored_version=before.version) for file in (before, after))
            transaction.update(new, actions=changes_between(old, new))
            item = _version_item(after, version)
            transaction.update(item, actions=writes_of(item))
            if event:
                transaction.save(_FileOutboxItem.of(event))

        more_bytes = after.stored_bytes - before.stored_bytes
        with _stale_if_condition_failed():
            if more_bytes > 0:
                self._commit_with_more(fill, after, Usage(size_bytes=more_bytes))
            else:
                commit(FileItem, fill)

    def remove(self, file: File, event: Event) -> None:
        """See `FileStore.remove`: the deletion, its event and the owner's quota in one transaction."""

        def fill(transaction: TransactWrite) -> None:
            transaction.delete(_item(file, stored_version=file.version))
            transaction.save(_FileOutboxItem.of(event))
            self._quota.release(transaction, owner=file.owner, less=Usage(items=1, size_bytes=file.stored_bytes))

        with _stale_if_condition_failed():
            commit(FileItem, fill)

    def forget_version(self, file_id: str, number: int) -> None:
        """See `FileStore.forget_version`."""
        with translated_errors():
            VersionItem(pk=_version_key(file_id, number)).delete()

    def get(self, file_id: str) -> File:
        """See `FileStore.get`."""
        with translated_errors():
            try:
                item = FileItem.get(f"FILE#{file_id}", consistent_read=True)
            except DoesNotExist as error:
                raise FileNotFound from error
        if _has_expired(item):
            raise FileNotFound
        return _file(item)

    def get_version(self, file_id: str, number: int) -> Version:
        """See `FileStore.get_version`."""
        with translated_errors():
            try:
                item = VersionItem.get(_version_key(file_id, number), consistent_read=True)
            except DoesNotExist as error:
                raise FileNotFound from error
        if _has_expired(item):
            raise FileNotFound
        return _version(item.content)

    def get_versions(self, file_id: str, numbers: Sequence[int]) -> Sequence[Version]:
        """See `FileStore.get_versions`: one BatchGetItem, without an index, because the keys are known."""
        with translated_errors():
            keys = [_version_key(file_id, number) for number in numbers]
            items: Iterator[VersionItem] = VersionItem.batch_get(keys, consistent_read=True)
            found = {version.number: version for version in map(_version_of, items) if version}
        return [found[number] for number in numbers if number in found]

    def list_page(self, *, restricted_to: str | None, limit: int, after: str | None) -> Page[File]:
        """See `FileStore.list_page`: one query of at most `limit` + 1 items."""
        rest = FileItem.file_id > after if after else None
        index, key = (FileItem.by_owner, restricted_to) if restricted_to is not None else (FileItem.by_kind, KIND)
        with translated_errors():
            items = list(islice(index.query(key, rest, limit=limit + 1, page_size=limit + 1), limit + 1))
        page = items[:limit]
        files = [_file(item) for item in page if not _has_expired(item)]
        return Page(items=files, next_position=page[-1].file_id if len(items) > limit else None)

    def _commit_with_more(self, fill: Callable[[TransactWrite], None], file: File, more: Usage) -> None:
        try:
            self._quota.commit(fill, owner=file.owner, more=more)
        except QuotaExceeded as error:
            if error.of_items:
                raise TooManyFiles(self._at_most.items) from error
            raise StorageFull(self._at_most.size_bytes) from error


@contextmanager
def _stale_if_condition_failed() -> Iterator[None]:
    try:
        yield
    except ConditionFailed as error:
        raise StaleFile from error


def _count(owner: str) -> Usage:
    """Return the usage of an owner: one query of all files."""
    with translated_errors():
        present = [item for item in FileItem.by_owner.query(owner) if not _has_expired(item)]
    return Usage(items=len(present), size_bytes=sum(map(_stored_bytes, present)))


def _has_expired(item: FileItem | VersionItem) -> bool:
    # DynamoDB can take some days to remove an expired item.
    return item.expires_at is not None and item.expires_at < datetime.now(UTC).timestamp()


def _stored_bytes(item: FileItem) -> int:
    return int(item.current["size_bytes"] if item.stored_bytes is None else item.stored_bytes)


def _version_key(file_id: str, number: int) -> str:
    return f"VERSION#{file_id}#{number}"


def _item(file: File, *, stored_version: int | None = None) -> FileItem:
    item = FileItem(
        pk=f"FILE#{file.file_id}",
        kind=KIND,
        file_id=file.file_id,
        owner=file.owner,
        name=file.name,
        current=_document(file.current),
        latest=file.latest,
        stored_bytes=file.stored_bytes,
        created_at=file.created_at.isoformat(),
        updated_at=file.updated_at.isoformat(),
        expires_at=_seconds(file.expires_at),
    )
    if stored_version is not None:
        item.version = stored_version
    return item


def _version_item(file: File, version: Version) -> VersionItem:
    return VersionItem(
        pk=_version_key(file.file_id, version.number),
        content=_document(version),
        expires_at=_seconds(expiry(version, since=file.updated_at)),
    )


def _seconds(moment: datetime | None) -> int | None:
    return int(moment.timestamp()) if moment else None


def _document(version: Version) -> dict[str, Any]:
    document = asdict(version) | {"created_at": version.created_at.isoformat()}
    del document["stored"]
    return over(version.stored, document)


def _version(document: dict[str, Any]) -> Version:
    converted = {"created_at": datetime.fromisoformat(document["created_at"])}
    return Version(**known_values(Version, document) | converted, stored=document)


def _version_of(item: VersionItem) -> Version | None:
    return None if _has_expired(item) else _version(item.content)


def _file(item: FileItem) -> File:
    return File(
        file_id=item.file_id,
        owner=item.owner,
        name=item.name,
        current=_version(item.current),
        latest=int(item.latest),
        stored_bytes=_stored_bytes(item),
        version=int(item.version),
        created_at=datetime.fromisoformat(item.created_at),
        updated_at=datetime.fromisoformat(item.updated_at),
    )


if TYPE_CHECKING:
    _: FileStore = FileRepository()
