"""Writes the parts of exports: lines of one source, from a position on, as one object that exports then takes over.

`ExportPartRequested.v1` names the object. Its metadata say how many lines it has, and where to go on or that it is the
last. Once it is there it stays as it is: a request that comes again may have found other lines, or another end.
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

# Parts are joined by S3, which takes none below this but the last:
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
SMALLEST_PART_MIB = 5
MIB = 1024 * 1024
# What writing a part may take, tries included.
MARGIN_S = 20.0
# A part has many megabytes.
READ_TIMEOUT_S = 10.0
ATTEMPTS = 3


# It travels in metadata of S3, which are ASCII without spaces around it, and 2 KB at most, and in an event.
_POSITION = re.compile("[!-~](?:[ -~]{0,1022}[!-~])?")


class OutOfTime(Exception):
    """The source was too slow to fill a part; the same request comes again."""


class UnfitPosition(Refused):
    """A source has a position that cannot be handed on, so that no export of it can go on from there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PartRequest:
    """Which lines to write.

    Attributes:
        position: After which line to go on; None from the beginning.
        until: What was made later is left out, so that every export has an end.
        restricted_to: The subject whose things alone are wanted; None for everything.
    """

    position: str | None
    until: datetime
    restricted_to: str | None


class Line(NamedTuple):
    """A JSON object, or None for what the source leaves out, and its position.

    Positions are printable ASCII, at most 1,024 characters, with no space at either end.
    """

    text: str | None
    position: str


type ReadLines = Callable[[PartRequest], Iterator[Line]]


class Parts(Protocol):
    """Where parts go."""

    def put(self, key: str, content: bytes, metadata: Mapping[str, str]) -> None:
        """Put an object where there is none.

        Raises:
            AlreadySeen: There is one.
            Unavailable: The store is busy or away.
        """


def export_handler(
    source: str, read: ReadLines, parts: Parts, *, part_mib: int, dead_letters: DeadLetters | None = None
) -> BatchHandler:
    """Return the Lambda handler that writes the parts of a source's exports.

    Args:
        source: As the events name it.
        read: Returns the lines after a position, in an order that stays the same, and what it leaves out, so that the
            clock is looked at there, too; raises `Unavailable` like a store.
        parts: Where parts go.
        part_mib: From which size on a part is full, so what is in memory at least.
        dead_letters: The function's own dead-letter queue, unless another is given.

    Raises:
        ValueError: S3 could not join parts of that size.
    """
    if part_mib < SMALLEST_PART_MIB:
        raise ValueError(f"Expected parts of {SMALLEST_PART_MIB} MiB or more, found {part_mib}.")

    def take(event: Event) -> None:
        if event.data["source"] == source:
            _Part(event, read, part_bytes=part_mib * MIB).write(parts)

    return consumer_handler(take, dead_letters=dead_letters)


class _Part:
    """A part that is filled line by line, and goes on after the last one where the source was busy."""

    def __init__(self, event: Event, read: ReadLines, *, part_bytes: int) -> None:
        data = event.data
        self._key = str(data["key"])
        self._wanted = PartRequest(
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
        end = {"is-last": "true"} if self._is_last else {"next-position": str(self._wanted.position)}
        metadata = {"rows": str(self._rows), **end}
        content = self._content.getvalue()
        again_while_busy(lambda: parts.put(self._key, content, metadata), margin_s=READ_TIMEOUT_S)

    def _fill(self) -> None:
        for line in self._read(self._wanted):
            if not _POSITION.fullmatch(line.position):
                raise UnfitPosition(
                    "Expected a position of at most 1,024 printable ASCII characters, with no space at either end; "
                    f"found one of {len(line.position)} characters after {self._rows} lines."
                )
            if line.text is not None:
                self._content.write(line.text.encode())
                self._content.write(b"\n")
                self._rows += 1
            self._wanted = replace(self._wanted, position=line.position)
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
        """See `Parts.put`: S3 refuses a key that there is.

        https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html#conditional-error-response
        """
        from botocore.exceptions import ClientError  # noqa: PLC0415 - see aws.client

        wanted = {"Bucket": self._bucket, "Key": key, "Body": content, "Metadata": dict(metadata), "IfNoneMatch": "*"}
        with translated_s3_errors():
            try:
                self._client.put_object(**wanted)
            except ClientError as error:
                if error.response["ResponseMetadata"]["HTTPStatusCode"] == HTTPStatus.PRECONDITION_FAILED:
                    raise AlreadySeen from error
                # 409, which is tried again: somebody else is writing it at this moment.
                raise

    @cached_property
    def _client(self) -> Any:  # noqa: ANN401 - botocore makes its clients' methods at run time
        return s3_client(read_timeout_s=READ_TIMEOUT_S, attempts=ATTEMPTS)


if TYPE_CHECKING:
    _: Parts = PartObjects("")
