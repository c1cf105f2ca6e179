"""The DynamoDB items of imports, and the conversion between an import and its item."""

import os
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any, cast

from pynamodb.attributes import JSONAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex
from pynamodb.models import Model

from functions.imports.domain import FileVersion, Import, RejectsUpload, Status, Tally
from functions.imports.parsing.layout import Layout
from functions.imports.parsing.rows import Checkpoint
from functions.shared.aws.dynamodb import TableMeta
from functions.shared.documents import known_values, over
from functions.shared.http.request_item import RequestItem
from functions.shared.messaging.outbox import OutboxItem

KIND = "import"


class ImportsTable(TableMeta):
    """The table of the service."""

    table_name = os.environ.get("TABLE_NAME", "imports")


class _ByOwner(GlobalSecondaryIndex["ImportItem"]):  # type: ignore[no-untyped-call] # PynamoDB types no __init_subclass__
    """The imports of one owner, sorted by id, which is the order of creation."""

    class Meta(ImportsTable):
        index_name = "by_owner"
        projection = AllProjection()

    owner = UnicodeAttribute(hash_key=True)
    import_id = UnicodeAttribute(range_key=True)


class _ByKind(GlobalSecondaryIndex["ImportItem"]):  # type: ignore[no-untyped-call] # see above
    """All imports, sorted by id."""

    class Meta(ImportsTable):
        index_name = "by_kind"
        projection = AllProjection()

    kind = UnicodeAttribute(hash_key=True)
    import_id = UnicodeAttribute(range_key=True)


class ImportItem(Model):
    """An import: `pk = IMPORT#<import_id>`."""

    class Meta(ImportsTable):
        pass

    pk = UnicodeAttribute(hash_key=True)
    kind = UnicodeAttribute(default=KIND)
    import_id = UnicodeAttribute()
    owner = UnicodeAttribute()
    status = UnicodeAttribute()
    version = NumberAttribute()
    details = JSONAttribute()
    created_at = UnicodeAttribute()
    updated_at = UnicodeAttribute()

    by_owner = _ByOwner()
    by_kind = _ByKind()


class TallyItem(Model):
    """The counts of a running import: `pk = TALLY#<import_id>`."""

    class Meta(ImportsTable):
        pass

    pk = UnicodeAttribute(hash_key=True)
    chunks = NumberAttribute()
    written = NumberAttribute()
    rejected = NumberAttribute()
    skipped = NumberAttribute()
    expires_at = NumberAttribute()


class RejectsItem(Model):
    """The rejects of a chunk: the reader's in `pk = CHUNK#<import_id>#<number>#read`, the target's in `…#taken`.

    Every counted chunk has the second item, even without rejects: the item is also the inbox mark.
    """

    class Meta(ImportsTable):
        pass

    pk = UnicodeAttribute(hash_key=True)
    rejects = JSONAttribute()
    expires_at = NumberAttribute()


class FileItem(Model):
    """The current version of an uploaded file, or the mark that it is deleted: `pk = FILE#<file_id>`."""

    class Meta(ImportsTable):
        pass

    pk = UnicodeAttribute(hash_key=True)
    number = NumberAttribute(null=True)
    file = JSONAttribute(null=True)
    expires_at = NumberAttribute(null=True)


class RunningItem(Model):
    """The lock of a running import on a version of a file and a layout: `pk = RUNNING#<digest>`.

    The import releases the lock at its end; the lock of an import that never ends is valid until `expires_at`.
    """

    class Meta(ImportsTable):
        pass

    pk = UnicodeAttribute(hash_key=True)
    import_id = UnicodeAttribute()
    expires_at = NumberAttribute()


class ImportRequestItem(RequestItem):
    """The import that a request with an Idempotency-Key started: `pk = REQUEST#<token>`, kept as long as the key."""

    class Meta(ImportsTable):
        pass


class ImportOutboxItem(OutboxItem):
    """An event that waits for the relay: `pk = OUTBOX#<event_id>`."""

    class Meta(ImportsTable):
        pass


def item_of(import_: Import) -> ImportItem:
    """Return the item of an import."""
    details = {
        "layout": import_.layout.to_json(),
        "file": asdict(import_.file),
        "outcome": import_.outcome,
        "checkpoint": import_.checkpoint and import_.checkpoint.to_json(),
        "cuts": import_.chunks_read,
        "handed_on": import_.chunks_published,
        "records": import_.records,
        "unreadable": import_.unreadable,
        "misencoded": import_.misencoded,
        "tally": asdict(import_.tally),
        "refusal": import_.refusal,
        "refused_column": import_.refused_column,
        "refused_number": import_.refused_number,
        "refusal_detail": import_.refusal_detail,
        "listing": import_.rejects_upload and asdict(import_.rejects_upload),
        "rejects_key": import_.rejects_key,
    }
    return ImportItem(
        pk=f"IMPORT#{import_.import_id}",
        import_id=import_.import_id,
        owner=import_.owner,
        status=import_.status,
        version=import_.version,
        details=over(import_.stored, details),
        created_at=import_.created_at.isoformat(),
        updated_at=import_.updated_at.isoformat(),
    )


def import_of(item: ImportItem) -> Import:
    """Return the import of an item."""
    details = item.details
    return Import(
        import_id=item.import_id,
        owner=item.owner,
        status=cast("Status", item.status),
        version=int(item.version),
        created_at=datetime.fromisoformat(item.created_at),
        updated_at=datetime.fromisoformat(item.updated_at),
        layout=Layout.from_json(details["layout"]),
        file=FileVersion(**known_values(FileVersion, details["file"])),
        checkpoint=details["checkpoint"] and Checkpoint.from_json(details["checkpoint"]),
        tally=Tally(**known_values(Tally, details["tally"])),
        rejects_upload=details["listing"] and _rejects_upload_of(details["listing"]),
        chunks_read=details["cuts"],
        chunks_published=details["handed_on"],
        **{
            name: details[name]
            for name in ("outcome", "records", "unreadable", "refusal", "refused_column", "rejects_key")
        },
        # Imports that were stored before these existed lack them.
        misencoded=details.get("misencoded", 0),
        refused_number=details.get("refused_number"),
        refusal_detail=details.get("refusal_detail"),
        stored=details,
    )


def _rejects_upload_of(values: Mapping[str, Any]) -> RejectsUpload:
    return RejectsUpload(upload_id=values["upload_id"], tags=tuple(values["tags"]), chunks=values["chunks"])
