"""The parts of exports: lines of one source after a position, written as one object for the exports service.

`ExportPartRequested.v1` names the object. The object's metadata contain the number of lines, and either the position of
the next part or the mark of the last part. An object is never overwritten: a repeated request may find other lines, or
end elsewhere.
"""

import io
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from functions.shared.aws.backoff import again_while_busy
from functions.shared.aws.s3 import s3_client, translated_s3_errors
from functions.shared.invocation import time_left_s
from functions.shared.messaging.consumer import consumer_handler
from functions.shared.messaging.dead_letters import DeadLetters, Refused
from functions.shared.messaging.events import Event
from functions.shared.messaging.inbox import AlreadySeen
from functions.shared.messaging.queue_batch import BatchHandler

# S3 joins the parts. Each part except the last must have at least this size:
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
SMALLEST_PART_MIB = 5
MIB = 1024 * 1024
# The time that writing a part may take, retries included.
MARGIN_S = 20.0
# Sending a part, of many megabytes, takes longer than other requests.
READ_TIMEOUT_S = 10.0
ATTEMPTS = 3


# A position is sent in an event and in metadata of S3, which are trimmed ASCII of at most 2 KB.
_POSITION = re.compile("[!-~](?:[ -~]{0,1022}[!-~])?")


class OutOfTime(Exception):
    """The source was too slow to fill a part; the request is delivered again."""


class MalformedPosition(Refused):
    """The source returned a position that cannot be sent in an event, so its exports cannot continue from there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PartRequest:
    """The lines that a part should contain.

    Attributes:
        position: The position of the line before the first one; None for the beginning.
        until: The creation time of the newest resource to export, so that every export has an end.
        restricted_to: The subject that owns the exported data; None for all data.
    """

    position: str | None
    until: datetime
    restricted_to: str | None


class Line(NamedTuple):
    """A JSON object, or None for a resource that the source leaves out, and its position.

    Positions are printable ASCII, at most 1,024 characters, with no space at either end.
    """

    text: str | None
    position: str


type ReadLines = Callable[[PartRequest], Iterator[Line]]


class Parts(Protocol):
    """The store of parts."""

    def put(self, key: str, content: bytes, metadata: Mapping[str, str]) -> None:
        """Put an object unless the key exists.

        Raises:
            AlreadySeen: The key exists.
            Unavailable: The store is busy or unreachable.
        """


def export_handler(
    source: str, read: ReadLines, parts: Parts, *, part_mib: int, dead_letters: DeadLetters | None = None
) -> BatchHandler:
    """Return the Lambda handler that writes the parts of a source's exports.

    Args:
        source: The name of the source in events.
        read: Returns the lines after a position, in an order that stays the same. It also returns a line for each
            resource that it leaves out, so that the time is checked there, too. It raises `Unavailable` like a store.
        parts: The store of parts.
        part_mib: The size at which a part is full; a part is kept in memory.
        dead_letters: The store of dead letters; the function's own dead-letter queue by default.

    Raises:
        ValueError: S3 could not join parts of this size.
    """
    if part_mib < SMALLEST_PART_MIB:
        raise ValueError(f"Expected parts of {SMALLEST_PART_MIB} MiB or more, found {part_mib}.")

    def take(event: Event) -> None:
        if event.data["source"] == source:
            _Part(event, read, part_bytes=part_mib * MIB).write(parts)

    return consumer_handler(take, dead_letters=dead_letters)


class _Part:
    """A part that is filled line by line; if the source was busy, reading continues after the last line."""

    def __init__(self, event: Event, read: ReadLines, *, part_bytes: int) -> None:
        data = event.data
        self._key = str(data["key"])
        self._request = PartRequest(
            position=data["position"],
            until=datetime.fromisoformat(data["until"]),
            restricted_to=data["restricted_to"],
        )
        self._read = read
        self._part_bytes = part_bytes
        self._content = io.BytesIO()
        self._rows = 0
        self._is_last = False

    def write(self, parts: Parts) -> None:
        again_while_busy(self._fill, margin_s=MARGIN_S)
        end = {"is-last": "true"} if self._is_last else {"next-position": str(self._request.position)}
        metadata = {"rows": str(self._rows), **end}
        content = self._content.getvalue()
        again_while_busy(lambda: parts.put(self._key, content, metadata), margin_s=READ_TIMEOUT_S)

    def _fill(self) -> None:
        for line in self._read(self._request):
            if not _POSITION.fullmatch(line.position):
                raise MalformedPosition(
                    "Expected a position of at most 1,024 printable ASCII characters, with no space at either end; "
                    f"found one of {len(line.position)} characters after {self._rows} lines."
                )
            if line.text is not None:
                self._content.write(line.text.encode())
                self._content.write(b"\n")
                self._rows += 1
            self._request = replace(self._request, position=line.position)
            if self._is_full():
                return
        self._is_last = True

    def _is_full(self) -> bool:
        size_bytes = self._content.tell()
        if time_left_s() > MARGIN_S:
            return size_bytes >= self._part_bytes
        if size_bytes < SMALLEST_PART_MIB * MIB:
            raise OutOfTime(f"Only {self._rows} lines could be read.")
        return True


class PartObjects:
    """The `Parts` in the bucket of exports."""

    def __init__(self, bucket: str) -> None:
        self._bucket = bucket

    def put(self, key: str, content: bytes, metadata: Mapping[str, str]) -> None:
        """See `Parts.put`: S3 rejects a key that exists.

        https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html#conditional-error-response
        """
        from botocore.exceptions import ClientError  # noqa: PLC0415 - see aws/clients.py

        with translated_s3_errors():
            try:
                self._client.put_object(
                    Bucket=self._bucket, Key=key, Body=content, Metadata=dict(metadata), IfNoneMatch="*"
                )
            except ClientError as error:
                if error.response["ResponseMetadata"]["HTTPStatusCode"] == HTTPStatus.PRECONDITION_FAILED:
                    raise AlreadySeen from error
                # 409 is retried: another request is writing the same object at this moment.
                raise

    @cached_property
    def _client(self) -> Any:  # noqa: ANN401 - botocore makes its clients' methods at run time
        return s3_client(read_timeout_s=READ_TIMEOUT_S, attempts=ATTEMPTS)


if TYPE_CHECKING:
    _: Parts = PartObjects("")
