"""An export: everything of a source, on its way into one object that can be downloaded.

    requested ──► writing ──► joining ──► available
        └────────────┴──────────┴──► failed | cancelled

It is `writing` from its first part to its last, and `joining` until S3 has made one object of them. Each part asks for
the next one, so that there is never more than one under way.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from functions.shared.correlation import Correlation, current
from functions.shared.identifiers import new_id
from functions.shared.messaging.events import Event

type Source = Literal["users", "activity"]
type Status = Literal["requested", "writing", "joining", "available", "failed", "cancelled"]
type Reason = Literal["too_slow", "too_large"]

OVER: frozenset[str] = frozenset({"available", "failed", "cancelled"})
# As long as the lifecycle rules in service.toml keep the parts, and then the object.
PARTS_KEPT = timedelta(days=3)
KEPT = timedelta(days=7)
# What one function has S3 join within its time, in `bucket.py`, with room for parts that take four seconds each: 62 GB
# of parts of 32 MiB. S3 itself would join 10,000: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
PARTS_MAX = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What a source wrote at once.

    Attributes:
        rows: Its lines.
        next_position: Where the source goes on; None after the last part.
    """

    rows: int
    size_bytes: int
    next_position: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """An export.

    Attributes:
        owner: The subject who asked for it.
        restricted_to: The subject whose things alone it holds; None for everything.
        version: 1 at first, one more with each change; the sequence of its events.
        parts: How many are written and recorded.
        empty_end: Whether the last of them has nothing in it, which S3 cannot join.
        expires_at: When it is forgotten, with what it exported.
        correlation: The request that asked for it.
    """

    export_id: str
    source: Source
    owner: str
    restricted_to: str | None
    created_at: datetime
    updated_at: datetime
    expires_at: datetime
    correlation: Correlation
    status: Status = "requested"
    version: int = 1
    parts: int = 0
    empty_end: bool = False
    rows: int = 0
    size_bytes: int = 0
    reason: Reason | None = None

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.status in OVER


type Change = tuple[Export, Event]


def request_export(*, source: Source, owner: str, restricted_to: str | None) -> Change:
    """Return a new export, and the event that has the source write the first part."""
    now = datetime.now(UTC)
    export = Export(
        export_id=new_id(),
        source=source,
        owner=owner,
        restricted_to=restricted_to,
        created_at=now,
        updated_at=now,
        expires_at=_end_of(now),
        correlation=current(),
    )
    return export, _part_requested(export, position=None)


def record_part(export: Export, part: Part) -> Change:
    """Return the export with one more part, and the event that asks for the next one or has all of them joined."""
    counted = {
        "parts": export.parts + 1,
        "rows": export.rows + part.rows,
        "size_bytes": export.size_bytes + part.size_bytes,
    }
    if part.next_position is None:
        after = _changed(export, status="joining", empty_end=part.size_bytes == 0, **counted)
        return after, _event("ExportWritten.v1", after, _counts(after))
    after = _changed(export, status="writing", **counted)
    if after.parts == PARTS_MAX:
        return fail(after, "too_large")
    return after, _part_requested(after, position=part.next_position)


def complete(export: Export) -> Change:
    """Return the export that can be downloaded, and the event that tells of it."""
    after = _changed(export, status="available", expires_at=_end_of(datetime.now(UTC)))
    return after, _event("ExportCompleted.v1", after, _counts(after))


def cancel(export: Export) -> Change:
    """Return the cancelled export, and the event that has its parts removed."""
    after = _changed(export, status="cancelled")
    return after, _event("ExportCancelled.v1", after, _counts(after))


def fail(export: Export, reason: Reason) -> Change:
    """Return the export without hope, and the event that has its parts removed."""
    after = _changed(export, status="failed", reason=reason)
    return after, _event("ExportFailed.v1", after, {"reason": reason, **_counts(after)})


def has_died(export: Export, now: datetime) -> bool:
    """Tell whether an export is not over although its first part may have ended by now: it never will be joined."""
    return not export.is_over and now >= export.created_at + PARTS_KEPT


def part_key(export: Export, number: int) -> str:
    """Name the object of a part; each source may write below its own name alone."""
    return f"parts/{export.source}/{export.export_id}/{number:05}.ndjson"


def export_key(export: Export) -> str:
    """Name the object that can be downloaded."""
    return f"exports/{export.export_id}.ndjson"


def file_name(export: Export) -> str:
    """Return what a download is called."""
    return f"{export.source}-{export.created_at:%Y-%m-%d}.ndjson"


def _end_of(begin: datetime) -> datetime:
    # A time to live has whole seconds.
    return (begin + KEPT).replace(microsecond=0)


def _changed(export: Export, **values: Any) -> Export:  # noqa: ANN401 - fields of the export
    return replace(export, version=export.version + 1, updated_at=datetime.now(UTC), **values)


def _part_requested(export: Export, *, position: str | None) -> Event:
    return _event(
        "ExportPartRequested.v1",
        export,
        {
            "source": export.source,
            "part": export.parts,
            "key": part_key(export, export.parts),
            "position": position,
            "until": export.created_at.isoformat().replace("+00:00", "Z"),
            "restricted_to": export.restricted_to,
        },
    )


def _counts(export: Export) -> dict[str, Any]:
    return {"source": export.source, "rows": export.rows, "size_bytes": export.size_bytes}


def _event(event_type: str, export: Export, data: Mapping[str, Any]) -> Event:
    return Event(
        type=event_type,
        source="exports",
        subject=f"exports/{export.export_id}",
        sequence=export.version,
        data={"export_id": export.export_id, "owner": export.owner, **data},
        correlation=export.correlation,
    )
