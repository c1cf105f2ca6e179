"""The state of an export, its changes, and its events. An export collects the data of a source in one object.

    requested ──► writing ──► joining ──► available
        └────────────┴──────────┴──► failed | cancelled

An export is `writing` from its first part to its last, and `joining` until S3 has joined the parts to one object. Each
part requests the next one, so at most one is in progress.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from functions.shared.correlation import Correlation, current
from functions.shared.identifiers import new_id
from functions.shared.messaging.events import Event

Source = Literal["users", "activity"]
Status = Literal["requested", "writing", "joining", "available", "failed", "cancelled"]
Reason = Literal["too_slow", "too_large"]

FINAL: frozenset[str] = frozenset({"available", "failed", "cancelled"})
# The lifecycle rules in service.toml keep parts and exports for the same times.
PARTS_KEPT = timedelta(days=3)
KEPT = timedelta(days=7)
# The parts that one invocation can join (`bucket.py`), even at four seconds a copy: 62 GB in parts of 32 MiB. S3 itself
# joins up to 10,000: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
PARTS_MAX = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of an export, written by the source.

    Attributes:
        rows: The number of lines.
        next_position: The position from which the source continues; None after the last part.
    """

    rows: int
    size_bytes: int
    next_position: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """An export.

    Attributes:
        owner: The subject that requested the export.
        restricted_to: The export contains only data of this owner; None for the data of all.
        version: Starts at 1 and grows by one with each change; the sequence of the export's events.
        parts: The number of recorded parts.
        empty_end: True if the last part is empty and therefore left out: S3 cannot join an empty part.
        expires_at: The time at which the record and the content are removed.
        correlation: The request that started the export.
        stored: The document in which the store keeps the other values; a newer release can have added keys.
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
    stored: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def is_over(self) -> bool:
        """True once the status is final."""
        return self.status in FINAL


type Change = tuple[Export, Event]


def request_export(*, source: Source, owner: str, restricted_to: str | None) -> Change:
    """Return a new export, and the event that requests the first part from the source."""
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
    """Return the export with one more part, and the event that requests the next part or the joining."""
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
    """Return the available export, and the event of its completion."""
    after = _changed(export, status="available", expires_at=_end_of(datetime.now(UTC)))
    return after, _event("ExportCompleted.v1", after, _counts(after))


def cancel(export: Export) -> Change:
    """Return the cancelled export, and the event that starts the removal of its parts."""
    after = _changed(export, status="cancelled")
    return after, _event("ExportCancelled.v1", after, _counts(after))


def fail(export: Export, reason: Reason) -> Change:
    """Return the failed export, and the event that starts the removal of its parts."""
    after = _changed(export, status="failed", reason=reason)
    return after, _event("ExportFailed.v1", after, {"reason": reason, **_counts(after)})


def is_overdue(export: Export, now: datetime) -> bool:
    """Return whether a running export can no longer be joined, because its first part may have expired."""
    return not export.is_over and now >= export.created_at + PARTS_KEPT


def part_key(export: Export, number: int) -> str:
    """Return the key of a part; a source may write only below its own name."""
    return f"parts/{export.source}/{export.export_id}/{number:05}.ndjson"


def export_key(export: Export) -> str:
    """Return the key of the joined export."""
    return f"exports/{export.export_id}.ndjson"


def file_name(export: Export) -> str:
    """Return the file name of the download."""
    return f"{export.source}-{export.created_at:%Y-%m-%d}.ndjson"


def _end_of(begin: datetime) -> datetime:
    # DynamoDB's time to live has whole seconds.
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
