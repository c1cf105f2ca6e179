"""A file, its versions, and how an upload becomes one of them or is rejected."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from functions.files.media_types import MEDIA_TYPES
from functions.shared.identifiers import new_id
from functions.shared.messaging.events import Event

State = Literal["pending", "available", "rejected"]
Reason = Literal["size-differs", "checksum-differs", "not-of-its-type"]
Thumbnail = Literal["none", "pending", "available", "failed"]

# What is uploaded in time may wait for its inspection as long as a queue keeps the message that tells of it, 4 days.
PENDING_KEPT = timedelta(days=7)
REJECTED_KEPT = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """What a client says of a file before it uploads it.

    Attributes:
        checksum_sha256: 64 hexadecimal digits; None where the client does not say.
    """

    content_type: str
    size_bytes: int
    checksum_sha256: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """An accepted object.

    Attributes:
        object_version: S3's name for this content of the key.
        checksum_sha256: Of the whole content, as S3 computed it.
    """

    bucket: str
    key: str
    object_version: str
    checksum_sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One upload of a file.

    Attributes:
        number: 1 for the first of the file.
        checksum_sha256: As declared at first, as S3 computed it once the version is available.
        object_version: S3's name for the accepted object; whatever else is uploaded, the version means this one.
        created_at: In UTC.
    """

    number: int
    state: State
    content_type: str
    size_bytes: int
    checksum_sha256: str | None
    created_at: datetime
    reason: Reason | None = None
    object_version: str | None = None
    thumbnail: Thumbnail = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file.

    Attributes:
        file_id: Sorts by the time of creation.
        owner: The subject who created it.
        current: The newest version that is available; before there is any, the newest of all.
        latest: The number of the newest version.
        version: Of this record: 1 at first, one more with each change.
    """

    file_id: str
    owner: str
    name: str
    current: Version
    latest: int
    version: int
    created_at: datetime
    updated_at: datetime

    @property
    def expires_at(self) -> datetime | None:
        """When the record ends, unless a version becomes available before."""
        return expiry(self.current, since=self.updated_at)


def expiry(version: Version, *, since: datetime) -> datetime | None:
    """Return when what was never uploaded or was rejected is forgotten."""
    kept = {"pending": PENDING_KEPT, "rejected": REJECTED_KEPT, "available": None}[version.state]
    return since + kept if kept else None


def incoming_key(file_id: str, number: int) -> str:
    """Return where a client uploads a version; it may do so several times, until the form ends."""
    return f"incoming/{file_id}/{number}"


def accepted_key(file_id: str, number: int) -> str:
    """Return where an accepted version is; written once."""
    return f"files/{file_id}/{number}"


def thumbnail_key(file_id: str, number: int) -> str:
    """Return where a version's thumbnail is."""
    return f"thumbnails/{file_id}/{number}"


def fault_of(version: Version, *, size_bytes: int, head: bytes) -> Reason | None:
    """Tell what is wrong with an upload by its size and its first bytes; None where nothing is."""
    if size_bytes != version.size_bytes:
        return "size-differs"
    if not MEDIA_TYPES[version.content_type].fits(head):
        return "not-of-its-type"
    return None


def create_file(*, owner: str, name: str, declared: Declared) -> File:
    """Return a file whose first version is yet to be uploaded."""
    now = datetime.now(UTC)
    first = _pending(1, declared, now)
    return File(
        file_id=new_id(), owner=owner, name=name, current=first, latest=1, version=1, created_at=now, updated_at=now
    )


def add_version(file: File, declared: Declared) -> tuple[File, Version]:
    """Return the file with one version more, which is yet to be uploaded, and that version."""
    added = _pending(file.latest + 1, declared, datetime.now(UTC))
    current = file.current if file.current.state == "available" else added
    return _changed(file, current, latest=added.number), added


def accept(file: File, version: Version, stored: Stored) -> tuple[File, Version, Event]:
    """Return the file and the version, now available, and the event that tells of it."""
    is_image = MEDIA_TYPES[version.content_type].is_image
    accepted = replace(
        version,
        state="available",
        object_version=stored.object_version,
        checksum_sha256=stored.checksum_sha256,
        thumbnail="pending" if is_image else "none",
    )
    newer = file.current.state != "available" or file.current.number < accepted.number
    after = _changed(file, accepted if newer else file.current)
    where = {"bucket": stored.bucket, "key": stored.key, "version_id": stored.object_version}
    event = _event("FileUploaded.v1", after, accepted, checksum_sha256=stored.checksum_sha256, **where)
    return after, accepted, event


def reject(file: File, version: Version, reason: Reason) -> tuple[File, Version, Event]:
    """Return the file and the version, now rejected, and the event that tells of it."""
    rejected = replace(version, state="rejected", reason=reason)
    after = _changed(file, rejected if file.current.number == version.number else file.current)
    return after, rejected, _event("FileRejected.v1", after, rejected, reason=reason)


def with_thumbnail(file: File, version: Version, thumbnail: Thumbnail) -> tuple[File, Version]:
    """Return the file and the version with what became of the thumbnail."""
    drawn = replace(version, thumbnail=thumbnail)
    return _changed(file, drawn if file.current.number == version.number else file.current), drawn


def deletion_of(file: File) -> Event:
    """Return the event that tells that a file was deleted."""
    return Event(
        type="FileDeleted.v1",
        source="files",
        subject=f"files/{file.file_id}",
        sequence=file.version + 1,
        data={"file_id": file.file_id, "owner": file.owner, "versions": file.latest},
    )


def _pending(number: int, declared: Declared, now: datetime) -> Version:
    return Version(
        number=number,
        state="pending",
        content_type=declared.content_type,
        size_bytes=declared.size_bytes,
        checksum_sha256=declared.checksum_sha256,
        created_at=now,
    )


def _changed(file: File, current: Version, *, latest: int | None = None) -> File:
    return replace(
        file,
        current=current,
        latest=latest or file.latest,
        version=file.version + 1,
        updated_at=datetime.now(UTC),
    )


def _event(event_type: str, file: File, version: Version, **more: Any) -> Event:  # noqa: ANN401 - JSON values
    return Event(
        type=event_type,
        source="files",
        subject=f"files/{file.file_id}",
        sequence=file.version,
        # Not its name, which may be a person's: see docs/decisions.
        data={
            "file_id": file.file_id,
            "owner": file.owner,
            "number": version.number,
            "content_type": version.content_type,
            "size_bytes": version.size_bytes,
            **more,
        },
    )
