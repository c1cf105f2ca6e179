"""Writes the parts of exports: lines of one source, from a position on, as one object that exports then takes over.

`ExportPartRequested.v1` names the object. Its metadata say how many lines it has, and where to go on or that it is the
last. Once it is there it stays as it is: a request that comes again may have found other lines, or another end.
"""

import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from functions.shared.aws import CONNECT_TIMEOUT_S
from functions.shared.backoff import again_while_busy, time_left_s
from functions.shared.consumer import consumer_handler
from functions.shared.errors import Unavailable
from functions.shared.events import Event
from functions.shared.inbox import AlreadySeen
from functions.shared.queue_batch import BatchHandler

# Parts are joined by S3, which takes none below this but the last:
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
SMALLEST_PART_MIB = 5
MIB = 1024 * 1024
# What writing a part may take, tries included.
MARGIN_S = 20.0
READ_TIMEOUT_S = 10.0
ATTEMPTS = 3


class OutOfTime(Exception):
    """The source was too slow to fill a part; the same request comes again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
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
    """A JSON object, and its position: printable ASCII, at most 1,024 characters."""

    text: str
    position: str


type ReadLines = Callable[[Wanted], Iterator[Line]]


class Parts(Protocol):
    """Where parts go."""

    def put(self, key: str, content: bytes, metadata: Mapping[str, str]) -> None:
        """Put an object where there is none.

        Raises:
            AlreadySeen: There is one.
            Unavailable: The store is busy or away.
        """


def export_handler(source: str, read: ReadLines, parts: Parts, *, part_mib: int) -> BatchHandler:
    """Return the Lambda handler that writes the parts of a source's exports.

    Args:
        source: As the events name it.
        read: Returns the lines after a position, in an order that stays the same; raises `Unavailable` like a store.
        parts: Where parts go.
        part_mib: From which size on a part is full, so what is in memory at least.

    Raises:
        ValueError: S3 could not join parts of that size.
    """
    if part_mib < SMALLEST_PART_MIB:
        raise ValueError(f"Expected parts of {SMALLEST_PART_MIB} MiB or more, found {part_mib}.")

    def handler(batch: dict[str, Any], context: Any) -> Mapping[str, Any]:  # noqa: ANN401 - the Lambda context
        left_s = time_left_s(context)

        def take(event: Event) -> None:
            if event.data["source"] == source:
                _Part(event, read, part_bytes=part_mib * MIB, left_s=lambda: left_s() - MARGIN_S).write(parts)

        return consumer_handler(take)(batch, context)

    return handler


class _Part:
    """A part that is filled line by line, and goes on after the last one where the source was busy."""

    def __init__(self, event: Event, read: ReadLines, *, part_bytes: int, left_s: Callable[[], float]) -> None:
        data = event.data
        self._key = str(data["key"])
        self._wanted = Wanted(
            position=data["position"],
            until=datetime.fromisoformat(data["until"]),
            restricted_to=data["restricted_to"],
        )
        self._read = read
        self._part_bytes = part_bytes
        self._left_s = left_s
        self._content = io.BytesIO()
        self._rows = 0
        self._is_last = False

    def write(self, parts: Parts) -> None:
        again_while_busy(self._fill, left_s=self._left_s)
        end = {"is-last": "true"} if self._is_last else {"next-position": str(self._wanted.position)}
        metadata = {"rows": str(self._rows), **end}
        content = self._content.getvalue()
        again_while_busy(
            lambda: parts.put(self._key, content, metadata), left_s=lambda: self._left_s() + MARGIN_S - READ_TIMEOUT_S
        )

    def _fill(self) -> None:
        for line in self._read(self._wanted):
            self._content.write(line.text.encode())
            self._content.write(b"\n")
            self._rows += 1
            self._wanted = replace(self._wanted, position=line.position)
            if self._is_full():
                return
        self._is_last = True

    def _is_full(self) -> bool:
        size_bytes = self._content.tell()
        if self._left_s() > 0:
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
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - see aws.client

        try:
            self._client.put_object(
                Bucket=self._bucket, Key=key, Body=content, Metadata=dict(metadata), IfNoneMatch="*"
            )
        except ClientError as error:
            status = error.response["ResponseMetadata"]["HTTPStatusCode"]
            if status == 412:  # noqa: PLR2004 - Precondition Failed
                raise AlreadySeen from error
            # 409: somebody else is writing it at this moment.
            if status in {409, 429} or status >= 500:  # noqa: PLR2004
                raise Unavailable from error
            raise
        except BotoCoreError as error:
            raise Unavailable from error

    @cached_property
    def _client(self) -> Any:  # noqa: ANN401 - botocore makes its clients' methods at run time
        from botocore.config import Config  # noqa: PLC0415 - see aws.client
        from botocore.session import get_session  # noqa: PLC0415

        return get_session().create_client(
            "s3",
            config=Config(
                connect_timeout=CONNECT_TIMEOUT_S,
                # A part has many megabytes.
                read_timeout=READ_TIMEOUT_S,
                retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
            ),
        )


if TYPE_CHECKING:
    _: Parts = PartObjects("")
