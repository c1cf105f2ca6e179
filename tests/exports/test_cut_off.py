"""An exporter, a recorder or a joiner is killed, with DynamoDB and S3 in memory: the export ends the same."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest

from functions.exports.bucket import ExportBucket
from functions.exports.joining import PartJoiner
from functions.exports.recording import PartRecorder
from functions.exports.repository import ExportRepository
from functions.exports.service import ExportService
from functions.shared.exporting import MIB, Line, PartObjects, PartRequest, export_handler
from functions.shared.messaging.events import Event
from functions.shared.messaging.inbox import AlreadySeen
from functions.shared.messaging.new_objects import NewObject
from tests.lambda_client import LambdaContext

pytestmark = pytest.mark.slow

NAME = "exports"
LINES = 38
TEXT = "x" * (MIB // 2)


class CutOff(BaseException):
    """The process is killed here: it does nothing more, not even report an error."""


class Client:
    """A client of S3 that kills the process, once, before or after one of its calls."""

    def __init__(self, client: Any, cut: tuple[str, int, str]) -> None:
        self._client = client
        self._method, self._call, self._when = cut
        self.was_cut = False

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._client, name)
        if name != self._method:
            return method

        def call(**wanted: Any) -> Any:
            self._call -= 1
            is_cut = self._call == 0 and not self.was_cut
            if is_cut and self._when == "before":
                self.was_cut = True
                raise CutOff
            answer = method(**wanted)
            if is_cut:
                self.was_cut = True
                raise CutOff
            return answer

        return call


def read(wanted: PartRequest) -> Iterator[Line]:
    """Read numbered lines."""
    for number in range(int(wanted.position or -1) + 1, LINES):
        yield Line(f"{number}:{TEXT}", str(number))


class Context(LambdaContext):
    """A context with enough time for a part."""

    def get_remaining_time_in_millis(self) -> int:
        return 100_000


class Exports:
    """The functions that export one source; the message of a killed function is delivered again."""

    def __init__(self, cut: tuple[str, int, str]) -> None:
        self.client = Client(boto3.client("s3"), cut)
        parts, bucket = PartObjects(NAME), ExportBucket(NAME)
        # Both adapters keep the client of the process in this attribute.
        parts.__dict__["_client"] = bucket.__dict__["_client"] = self.client
        store = ExportRepository()
        self.service = ExportService(store, bucket)
        self._write = export_handler("users", read, parts, part_mib=5)
        self._recorder, self._joiner = PartRecorder(store, bucket), PartJoiner(store, bucket)
        self._done: set[str] = set()

    def run(self) -> None:
        """Deliver each event until none is left."""
        while event := next((event for event in outbox() if event.event_id not in self._done), None):
            for _ in range(2):
                try:
                    self._take(event)
                except CutOff:
                    continue
                except AlreadySeen:
                    pass
                break
            self._done.add(event.event_id)

    def _take(self, event: Event) -> None:
        if event.type != "ExportPartRequested.v1":
            self._joiner.consume(event)
            return
        body = json.dumps({"detail": event.envelope()})
        message = {"messageId": "1", "body": body, "eventSource": "aws:sqs", "attributes": {}}
        answer = self._write({"Records": [message]}, Context())
        assert not answer["batchItemFailures"]
        self._recorder.record(NewObject(key=event.data["key"], object_version="v"))


def outbox() -> list[Event]:
    items = boto3.client("dynamodb").scan(TableName="exports")["Items"]
    envelopes = [json.loads(item["envelope"]["S"]) for item in items if "envelope" in item]
    return sorted(map(Event.from_envelope, envelopes), key=lambda event: event.sequence)


@pytest.mark.parametrize(
    "cut",
    [
        ("put_object", 1, "before"),
        ("put_object", 2, "after"),
        ("head_object", 2, "after"),
        ("create_multipart_upload", 1, "after"),
        ("upload_part_copy", 2, "before"),
        ("upload_part_copy", 3, "after"),
        ("complete_multipart_upload", 1, "before"),
        ("complete_multipart_upload", 1, "after"),
        ("delete_objects", 1, "before"),
        ("delete_objects", 1, "after"),
    ],
    ids=lambda cut: f"{cut[2]} {cut[0]} {cut[1]}",
)
def test_an_export_ends_correctly_after_a_function_was_killed(
    make_table: Callable[[str], None], cut: tuple[str, int, str]
) -> None:
    make_table("exports")
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket=NAME, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    exports = Exports(cut)
    export = exports.service.request("users", owner="ada", restricted_to=None)

    exports.run()

    ended = exports.service.get(export.export_id, restricted_to=None)
    assert exports.client.was_cut
    assert (ended.status, ended.rows, ended.parts) == ("available", LINES, 4)
    content = s3.get_object(Bucket=NAME, Key=f"exports/{export.export_id}.ndjson")["Body"].read()
    assert len(content) == ended.size_bytes
    assert [line.partition(b":")[0] for line in content.splitlines()] == [b"%d" % number for number in range(LINES)]
    assert [item["Key"] for item in s3.list_objects_v2(Bucket=NAME)["Contents"]] == [
        f"exports/{export.export_id}.ndjson"
    ]
    assert [event.type for event in outbox()].count("ExportCompleted.v1") == 1
