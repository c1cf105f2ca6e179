"""Files and their versions, and the rules that accept or reject an upload."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from functions.files.media_types import MEDIA_TYPES
from functions.shared.identifiers import new_id
from functions.shared.messaging.events import Event

State = Literal["pending", "available", "rejected"]
Reason = Literal["size-differs", "checksum-differs", "not-of-its-type"]
Thumbnail = Literal["none", "pending", "available", "failed"]

# The inspection of an upload can be late: SQS keeps the message about the new object for 4 days.
PENDING_KEPT = timedelta(days=7)
REJECTED_KEPT = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """The content that a client announces before it uploads it.

    Attributes:
        checksum_sha256: 64 hexadecimal digits; None if the client gives none.
    """

    content_type: str
    size_bytes: int
    checksum_sha256: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptedObject:
    """The copy of an upload under `files/`, which no client can write.

    Attributes:
        object_version: The S3 version id.
        checksum_sha256: The checksum of the whole content, computed by S3.
    """

    bucket: str
    key: str
    object_version: str
    checksum_sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One upload of a file.

    Attributes:
        number: 1 for the first version of the file.
        checksum_sha256: The declared checksum; once the version is available, the one that S3 computed.
        object_version: The S3 version id of the accepted object; later uploads do not change it.
        created_at: In UTC.
        stored: The document in which the store keeps the version; a newer release can have added keys.
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
    stored: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file.

    Attributes:
        file_id: Sorts by the time of creation.
        owner: The subject who created the file.
        current: The newest available version; if none is available yet, the newest version.
        latest: The number of the newest version.
        stored_bytes: The sizes of all versions that are not rejected, for the owner's quota.
        version: The version of this record; it starts at 1, and each change adds 1.
    """

    file_id: str
    owner: str
    name: str
    current: Version
    latest: int
    stored_bytes: int
    version: int
    created_at: datetime
    updated_at: datetime

    @property
    def expires_at(self) -> datetime | None:
        """The time at which the record expires, unless a version becomes available before."""
        return expiry(self.current, since=self.updated_at)


def expiry(version: Version, *, since: datetime) -> datetime | None:
    """Return when a pending or rejected version expires; None for an available one."""
    kept = {"pending": PENDING_KEPT, "rejected": REJECTED_KEPT, "available": None}[version.state]
    return since + kept if kept else None


def incoming_key(file_id: str, number: int) -> str:
    """Return the key to which a client uploads a version; uploads can be repeated until the form expires."""
    return f"incoming/{file_id}/{number}"


def accepted_key(file_id: str, number: int) -> str:
    """Return the key of an accepted version; written once."""
    return f"files/{file_id}/{number}"


def thumbnail_key(file_id: str, number: int) -> str:
    """Return the key of a version's thumbnail."""
    return f"thumbnails/{file_id}/{number}"


def find_fault(version: Version, *, size_bytes: int, head: bytes) -> Reason | None:
    """Return the reason to reject an upload, judged by its size and first bytes; None to accept it."""
    if size_bytes != version.size_bytes:
        return "size-differs"
    if not MEDIA_TYPES[version.content_type].fits(head):
        return "not-of-its-type"
    return None


def create_file(*, owner: str, name: str, declaration: Declaration) -> File:
    """Return a file with one pending version."""
    now = datetime.now(UTC)
    first = _pending(1, declaration, now)
    return File(
        file_id=new_id(),
        owner=owner,
        name=name,
        current=first,
        latest=1,
        stored_bytes=first.size_bytes,
        version=1,
        created_at=now,
        updated_at=now,
    )


def add_version(file: File, declaration: Declaration, *, others: Sequence[Version]) -> tuple[File, Version]:
    """Return the file with one more version, and that version, which is pending.

    Args:
        file: The file.
        declaration: The content of the new version.
        others: All versions that exist; those that were never uploaded may have expired.
    """
    added = _pending(file.latest + 1, declaration, datetime.now(UTC))
    current = file.current if file.current.state == "available" else added
    stored = sum(version.size_bytes for version in (*others, added) if version.state != "rejected")
    return replace(_changed(file, current), latest=added.number, stored_bytes=stored), added


def accept(file: File, version: Version, copy: AcceptedObject) -> tuple[File, Version, Event]:
    """Return the file, the version as available, and the `FileUploaded.v1`."""
    is_image = MEDIA_TYPES[version.content_type].is_image
    accepted = replace(
        version,
        state="available",
        object_version=copy.object_version,
        checksum_sha256=copy.checksum_sha256,
        thumbnail="pending" if is_image else "none",
    )
    newer = file.current.state != "available" or file.current.number < accepted.number
    after = _changed(file, accepted if newer else file.current)
    place = {"bucket": copy.bucket, "key": copy.key, "version_id": copy.object_version}
    event = _event("FileUploaded.v1", after, accepted, checksum_sha256=copy.checksum_sha256, **place)
    return after, accepted, event


def reject(file: File, version: Version, reason: Reason) -> tuple[File, Version, Event]:
    """Return the file, the version as rejected, and the `FileRejected.v1`."""
    rejected = replace(version, state="rejected", reason=reason)
    after = _changed(file, rejected if file.current.number == version.number else file.current)
    after = replace(after, stored_bytes=file.stored_bytes - version.size_bytes)
    return after, rejected, _event("FileRejected.v1", after, rejected, reason=reason)


def with_thumbnail(file: File, version: Version, thumbnail: Thumbnail) -> tuple[File, Version]:
    """Return the file and the version with the state of the thumbnail."""
    drawn = replace(version, thumbnail=thumbnail)
    return _changed(file, drawn if file.current.number == version.number else file.current), drawn


def deletion_event(file: File) -> Event:
    """Return the `FileDeleted.v1` of a file."""
    return Event(
        type="FileDeleted.v1",
        source="files",
        subject=f"files/{file.file_id}",
        sequence=file.version + 1,
        data={"file_id": file.file_id, "owner": file.owner, "versions": file.latest},
    )


def _pending(number: int, declaration: Declaration, now: datetime) -> Version:
    return Version(
        number=number,
        state="pending",
        content_type=declaration.content_type,
        size_bytes=declaration.size_bytes,
        checksum_sha256=declaration.checksum_sha256,
        created_at=now,
    )


def _changed(file: File, current: Version) -> File:
    return replace(file, current=current, version=file.version + 1, updated_at=datetime.now(UTC))


def _event(event_type: str, file: File, version: Version, **more: Any) -> Event:  # noqa: ANN401 - JSON values
    return Event(
        type=event_type,
        source="files",
        subject=f"files/{file.file_id}",
        sequence=file.version,
        # Without the file's name, which can be personal data: docs/decisions/0002-no-personal-data-in-events.md.
        data={
            "file_id": file.file_id,
            "owner": file.owner,
            "number": version.number,
            "content_type": version.content_type,
            "size_bytes": version.size_bytes,
            **more,
        },
    )
