"""The state of an import, its changes, and the events that they publish.

    reading ──► writing ──► finishing ──► completed | failed | cancelled

An import is `reading` until the end of the file, a refusal or a cancellation sets the outcome. It is `writing` until
the target has imported every published chunk, and `finishing` until the rejects file is written.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from functions.imports.parsing.chunks import Chunk
from functions.imports.parsing.layout import Layout
from functions.imports.parsing.reasons import FileRefused, Reason
from functions.imports.parsing.rows import Checkpoint
from functions.shared.identifiers import new_id
from functions.shared.messaging.events import Event

Status = Literal["reading", "writing", "finishing", "completed", "failed", "cancelled"]
type Outcome = Literal["completed", "failed", "cancelled"]

FINAL: frozenset[str] = frozenset({"completed", "failed", "cancelled"})
# A chunk that is not counted after this time has become a dead letter, at the target or here: both try a message five
# times, two minutes apart.
STUCK_AFTER = timedelta(minutes=30)
# The rejects file and the rejects of each chunk; the lifecycle rule in service.toml has the same value.
REJECTS_KEPT = timedelta(days=30)
# One record in this many.
MUCH = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class FileVersion:
    """The version of an uploaded file that an import reads, as the files service published it."""

    file_id: str
    owner: str
    key: str
    version_id: str
    size_bytes: int
    content_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Counts of rows, summed over the chunks that the target has reported."""

    chunks: int = 0
    written: int = 0
    rejected: int = 0
    skipped: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectsUpload:
    """A multipart upload of the rejects file that takes more than one invocation.

    Attributes:
        upload_id: The id of the multipart upload.
        tags: The entity tag of each uploaded part.
        chunks: Number of chunks, from the first, with their rejects in these parts.
    """

    upload_id: str
    tags: tuple[str, ...] = ()
    chunks: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """An import.

    Attributes:
        owner: The subject that owns the file, and therefore the import, even if an admin started it.
        outcome: The final status, once it is known.
        version: Starts at 1 and grows by one with each change; the sequence of the import's events.
        checkpoint: The state from which the next reader continues; None before the first chunk.
        chunks_read: Number of chunks read, including chunks without rows.
        chunks_published: Number of chunks with rows, each published as an event.
        records: Number of records read.
        unreadable: Number of records that could not be read as rows.
        misencoded: Number of those that are not in the encoding of the file.
        tally: Final counts; while the import runs, only the store has the current ones.
        refusal: The reason for refusing the file; `refused_column` names the column of the mapping that caused it,
            `refused_number` is its number in the file, and `refusal_detail` is for people.
        rejects_upload: The multipart upload of the rejects file while it is in progress.
        rejects_key: The key of the rejects file.
        stored: The document in which the store keeps most of these; a newer release can have added keys.
    """

    import_id: str
    owner: str
    layout: Layout
    file: FileVersion
    created_at: datetime
    updated_at: datetime
    status: Status = "reading"
    outcome: Outcome | None = None
    version: int = 1
    checkpoint: Checkpoint | None = None
    chunks_read: int = 0
    chunks_published: int = 0
    records: int = 0
    unreadable: int = 0
    misencoded: int = 0
    tally: Tally = Tally()
    refusal: str | None = None
    refused_column: str | None = None
    refused_number: int | None = None
    refusal_detail: str | None = None
    rejects_upload: RejectsUpload | None = None
    rejects_key: str | None = None
    stored: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def is_much_misencoded(self) -> bool:
        """True if one record in a hundred, or more, is not in the encoding of the file."""
        return self.misencoded > 0 and self.misencoded * MUCH >= self.records

    @property
    def is_over(self) -> bool:
        """True once the status is final."""
        return self.status in FINAL

    def rejects_key_at(self, now: datetime) -> str | None:
        """Return the key of the rejects file; None if there is none, or if it has expired."""
        return self.rejects_key if now < self.updated_at + REJECTS_KEPT else None


type Change = tuple[Import, tuple[Event, ...]]


def request_import(*, layout: Layout, file: FileVersion) -> Change:
    """Return a new import, owned by the owner of the file, and the event that starts the reading."""
    now = datetime.now(UTC)
    import_ = Import(import_id=new_id(), owner=file.owner, layout=layout, file=file, created_at=now, updated_at=now)
    data = {"target": layout.target, "file_id": file.file_id}
    return import_, (_event("ImportRequested.v1", import_, data),)


def record_chunk(import_: Import, chunk: Chunk) -> Change:
    """Return the import with one more chunk read, and the event that publishes the chunk if it has rows."""
    after = _changed(
        import_,
        checkpoint=chunk.checkpoint,
        chunks_read=import_.chunks_read + 1,
        chunks_published=import_.chunks_published + bool(chunk.accepted),
        records=import_.records + chunk.records,
        unreadable=import_.unreadable + len(chunk.rejected),
        misencoded=import_.misencoded + sum(one.reason == Reason.INVALID_ENCODING for one in chunk.rejected),
        **({"status": "writing", "outcome": "completed"} if chunk.is_last else {}),
    )
    if not chunk.accepted:
        return after, ()
    ready = Event(
        type="ImportChunkReady.v1",
        source="imports",
        subject=f"imports/{import_.import_id}/chunks/{import_.chunks_read}",
        sequence=1,
        data={
            "import_id": import_.import_id,
            "owner": import_.owner,
            "target": import_.layout.target,
            "chunk": import_.chunks_read,
            "key": chunk_key(import_.import_id, import_.chunks_read),
            "rows": len(chunk.accepted),
        },
    )
    return after, (ready,)


def continue_reading(import_: Import) -> Change:
    """Return the import with a new version, and the event that starts the next reader."""
    after = _changed(import_)
    return after, (_progressed(after, "reading"),)


def refuse(import_: Import, error: FileRefused) -> Change:
    """Return the import with the outcome `failed`; the rest of the file is not read."""
    refused = {
        "refusal": str(error.refusal),
        "refused_column": error.column,
        "refused_number": error.number,
        "refusal_detail": error.detail,
    }
    return _changed(import_, status="writing", outcome="failed", **refused), ()


def cancel(import_: Import) -> Change:
    """Return the import with the outcome `cancelled`, and the event that starts the emptying of its chunks."""
    after = _changed(import_, status="writing", outcome="cancelled")
    return after, (_event("ImportCancelRequested.v1", after, {}),)


def continue_emptying(import_: Import, *, chunks: int) -> Change:
    """Return the import with a new version, and the event that continues with emptying the first `chunks` chunks."""
    after = _changed(import_)
    return after, (_event("ImportCancelRequested.v1", after, {"chunks": chunks}),)


def is_stuck(import_: Import) -> bool:
    """Return whether an import has been unchanged for longer than any of its messages is retried."""
    return datetime.now(UTC) - import_.updated_at > STUCK_AFTER


def finish(import_: Import) -> Change:
    """Return the import as `finishing`, and the event that starts the writing of its rejects file."""
    after = _changed(import_, status="finishing")
    return after, (_progressed(after, "finishing"),)


def continue_rejects_upload(import_: Import, rejects_upload: RejectsUpload) -> Change:
    """Return the import with the progress of its rejects file, and the event that continues the upload."""
    after = _changed(import_, rejects_upload=rejects_upload)
    return after, (_progressed(after, "finishing"),)


def conclude(import_: Import, *, tally: Tally, rejects_key: str | None) -> Change:
    """Return the import in its final status, and the event that publishes the result.

    Rows of chunks that the target never reported count as skipped.
    """
    outcome: Outcome = import_.outcome or "completed"
    if tally.chunks < import_.chunks_published:
        counted = import_.unreadable + tally.written + tally.rejected
        tally = replace(tally, skipped=import_.records - counted)
    after = _changed(import_, status=outcome, tally=tally, rejects_upload=None, rejects_key=rejects_key)
    counts = {
        "rows_read": after.records,
        "rows_written": tally.written,
        "rows_rejected": after.unreadable + tally.rejected,
        "rows_skipped": tally.skipped,
    }
    reason = {"reason": after.refusal} if outcome == "failed" else {}
    return after, (
        _event(f"Import{outcome.capitalize()}.v1", after, {"target": after.layout.target, **reason, **counts}),
    )


def chunk_key(import_id: str, chunk: int) -> str:
    """Return the key of a chunk's object."""
    return f"chunks/{import_id}/{chunk:08}.ndjson"


def rejects_key(import_id: str) -> str:
    """Return the key of an import's rejects file."""
    return f"rejects/{import_id}.csv"


def _changed(import_: Import, **values: Any) -> Import:  # noqa: ANN401 - fields of the import
    return replace(import_, version=import_.version + 1, updated_at=datetime.now(UTC), **values)


def _progressed(import_: Import, stage: str) -> Event:
    return _event("ImportProgressed.v1", import_, {"stage": stage, "rows_read": import_.records})


def _event(event_type: str, import_: Import, data: Mapping[str, Any]) -> Event:
    return Event(
        type=event_type,
        source="imports",
        subject=f"imports/{import_.import_id}",
        sequence=import_.version,
        data={"import_id": import_.import_id, "owner": import_.owner, **data},
    )
