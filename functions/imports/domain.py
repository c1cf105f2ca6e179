"""An import: what is read from a file, handed on in chunks, and told of in the end.

    reading ──► writing ──► finishing ──► completed | failed | cancelled

It is `reading` until the file's end, a refusal or a cancellation sets the outcome; `writing` until every chunk that was
handed on is taken over; `finishing` until the rejects file is written.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from functions.imports.parsing.chunks import Chunk
from functions.imports.parsing.layout import Layout
from functions.imports.parsing.reasons import FileRefused
from functions.imports.parsing.rows import Checkpoint
from functions.shared.identifiers import new_id
from functions.shared.messaging.events import Event

type Status = Literal["reading", "writing", "finishing", "completed", "failed", "cancelled"]
type Outcome = Literal["completed", "failed", "cancelled"]

OVER: frozenset[str] = frozenset({"completed", "failed", "cancelled"})
# After that, a chunk of a cancelled import that nobody has told of is a dead letter, at the target or here: either way,
# a message is tried five times, two minutes apart.
PATIENCE = timedelta(minutes=30)
# As the lifecycle rule in service.toml keeps the list, and what it is made of is kept.
REJECTS_KEPT = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileVersion:
    """The version of an uploaded file that is read, as files told of it."""

    file_id: str
    owner: str
    key: str
    version_id: str
    size_bytes: int
    content_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What the target has told of the chunks."""

    chunks: int = 0
    written: int = 0
    rejected: int = 0
    skipped: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """How far the list of rejects is written, where that takes longer than a function may run.

    Attributes:
        upload_id: Names what is uploaded in parts.
        tags: What the store answered for each part.
        chunks: How many chunks have their rejects in those.
    """

    upload_id: str
    tags: tuple[str, ...] = ()
    chunks: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """An import.

    Attributes:
        owner: The subject whose file it is: they follow it, whoever asked for it.
        outcome: How it will end, once that is known.
        version: 1 at first, one more with each change; the sequence of its events.
        checkpoint: Where to read on; None before the beginning.
        cuts: How many chunks were read, those without rows included.
        handed_on: How many of them had rows.
        records: How many records were read.
        unreadable: How many of them were no rows.
        tally: As of its end; while it runs, the store has the newest.
        refusal: Why the file was refused, and the column that it is about.
        listing: The list of rejects on its way; None before it is begun, and at the end.
        rejects_key: The object that lists what was rejected.
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
    cuts: int = 0
    handed_on: int = 0
    records: int = 0
    unreadable: int = 0
    tally: Tally = Tally()
    refusal: str | None = None
    refused_column: str | None = None
    listing: Listing | None = None
    rejects_key: str | None = None

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.status in OVER

    def rejects_key_at(self, now: datetime) -> str | None:
        """Name the list of what was rejected, where there is one: it ends, while the import stays."""
        return self.rejects_key if now < self.updated_at + REJECTS_KEPT else None


type Change = tuple[Import, tuple[Event, ...]]


def request_import(*, layout: Layout, file: FileVersion) -> Change:
    """Return a new import, which is the file's owner's, and the event that starts the reading."""
    now = datetime.now(UTC)
    import_ = Import(import_id=new_id(), owner=file.owner, layout=layout, file=file, created_at=now, updated_at=now)
    data = {"target": layout.target, "file_id": file.file_id}
    return import_, (_event("ImportRequested.v1", import_, data),)


def hand_on(import_: Import, chunk: Chunk) -> Change:
    """Return the import with one more chunk read, and the event that hands its rows on, where it has any."""
    after = _changed(
        import_,
        checkpoint=chunk.checkpoint,
        cuts=import_.cuts + 1,
        handed_on=import_.handed_on + bool(chunk.accepted),
        records=import_.records + chunk.records,
        unreadable=import_.unreadable + len(chunk.rejected),
        **({"status": "writing", "outcome": "completed"} if chunk.is_last else {}),
    )
    if not chunk.accepted:
        return after, ()
    ready = Event(
        type="ImportChunkReady.v1",
        source="imports",
        subject=f"imports/{import_.import_id}/chunks/{import_.cuts}",
        sequence=1,
        data={
            "import_id": import_.import_id,
            "owner": import_.owner,
            "target": import_.layout.target,
            "chunk": import_.cuts,
            "key": chunk_key(import_.import_id, import_.cuts),
            "rows": len(chunk.accepted),
        },
    )
    return after, (ready,)


def pause(import_: Import) -> Change:
    """Return the import as it is, and the event that has another reader go on."""
    after = _changed(import_)
    return after, (_progressed(after, "reading"),)


def refuse(import_: Import, error: FileRefused) -> Change:
    """Return the import without hope: nothing more of its file is read."""
    refusal, column = str(error.refusal), error.column
    return _changed(import_, status="writing", outcome="failed", refusal=refusal, refused_column=column), ()


def cancel(import_: Import) -> Change:
    """Return the import on its way to being cancelled, and the event that has its chunks emptied."""
    after = _changed(import_, status="writing", outcome="cancelled")
    return after, (_event("ImportCancelRequested.v1", after, {}),)


def go_on_emptying(import_: Import, *, chunks: int) -> Change:
    """Return the import as it is, and the event that has another function empty so many chunks, the first ones."""
    after = _changed(import_)
    return after, (_event("ImportCancelRequested.v1", after, {"chunks": chunks}),)


def is_stuck(import_: Import) -> bool:
    """Tell whether an import has waited longer for its end than any message on the way to it is tried."""
    return datetime.now(UTC) - import_.updated_at > PATIENCE


def finish(import_: Import) -> Change:
    """Return the import once nothing more is waited for, and the event that has its rejects written down."""
    after = _changed(import_, status="finishing")
    return after, (_progressed(after, "finishing"),)


def go_on_listing(import_: Import, listing: Listing) -> Change:
    """Return the import with so much of its rejects listed, and the event that has another function go on."""
    after = _changed(import_, listing=listing)
    return after, (_progressed(after, "finishing"),)


def conclude(import_: Import, *, tally: Tally, rejects_key: str | None) -> Change:
    """Return the import at its end, and the event that tells how it ended.

    Rows of which nobody told, in an import that was ended nevertheless, are counted as skipped.
    """
    outcome: Outcome = import_.outcome or "completed"
    if tally.chunks < import_.handed_on:
        told = import_.unreadable + tally.written + tally.rejected
        tally = replace(tally, skipped=import_.records - told)
    after = _changed(import_, status=outcome, tally=tally, listing=None, rejects_key=rejects_key)
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
    """Name the object of a chunk."""
    return f"chunks/{import_id}/{chunk:08}.ndjson"


def rejects_key(import_id: str) -> str:
    """Name the rejects file of an import."""
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
