"""The contract of `ExportObjects`, for the fake and for S3; and the links."""

import tomllib
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest
from botocore.exceptions import ClientError

from functions.exports.bucket import COPIES_AT_ONCE, DELETIONS_A_CALL, ExportBucket, bucket_for_joining, own_bucket
from functions.exports.domain import PARTS_MAX, Part
from functions.exports.ports import ExportObjects
from functions.shared.errors import Unavailable
from functions.shared.exporting import PartObjects
from tests.exports.fakes import FakeExportObjects

MANIFEST = Path(__file__).parents[2] / "functions/exports/service.toml"
NAME = "exports"
PART = "parts/users/x/00000.ndjson"
MIB = 1024 * 1024


@pytest.fixture
def s3(aws: None) -> Any:
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket=NAME, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_bucket_versioning(Bucket=NAME, VersioningConfiguration={"Status": "Enabled"})
    return s3


@pytest.fixture(params=["fake", "s3"])
def objects(request: pytest.FixtureRequest) -> ExportObjects:
    if request.param == "fake":
        return FakeExportObjects()
    request.getfixturevalue("s3")
    return ExportBucket(NAME)


def put(objects: ExportObjects, key: str, content: bytes, **entries: str) -> None:
    metadata = {name.replace("_", "-"): value for name, value in entries.items()}
    parts = objects if isinstance(objects, FakeExportObjects) else PartObjects(NAME)
    parts.put(key, content, metadata)


def content_of(objects: ExportObjects, key: str) -> bytes | None:
    if isinstance(objects, FakeExportObjects):
        return objects.objects.get(key, (None,))[0]
    try:
        content: bytes = boto3.client("s3").get_object(Bucket=NAME, Key=key)["Body"].read()
    except ClientError:
        return None
    return content


def test_a_part_has_its_number_of_lines_and_the_next_position(objects: ExportObjects) -> None:
    put(objects, PART, b"1\n2\n", rows="2", next_position="users/1 2026#x")

    assert objects.get_part(PART) == Part(rows=2, size_bytes=4, next_position="users/1 2026#x")


def test_the_last_part_has_no_next_position(objects: ExportObjects) -> None:
    put(objects, PART, b"", rows="0", is_last="true")

    assert objects.get_part(PART) == Part(rows=0, size_bytes=0, next_position=None)


def test_an_object_without_position_and_end_mark_is_an_error(objects: ExportObjects) -> None:
    put(objects, PART, b"1\n", rows="1")

    with pytest.raises(KeyError):
        objects.get_part(PART)


@pytest.mark.parametrize("sizes", [[], [7], [5 * MIB, 7], pytest.param([5 * MIB] * 9 + [1], marks=pytest.mark.slow)])
def test_parts_are_joined_in_order_also_repeatedly(objects: ExportObjects, sizes: list[int]) -> None:
    keys = [f"parts/users/x/{number:05}.ndjson" for number in range(len(sizes))]
    contents = [b"%d" % number * size for number, size in enumerate(sizes)]
    for key, content in zip(keys, contents, strict=True):
        put(objects, key, content, rows="1")

    for _ in range(2):
        objects.join(keys, "exports/x.ndjson")

    assert content_of(objects, "exports/x.ndjson") == b"".join(contents)


def test_a_joined_export_has_the_content_type_of_its_lines(s3: Any) -> None:
    put(ExportBucket(NAME), PART, b"{}\n", rows="1")
    for keys in ([], [PART]):
        ExportBucket(NAME).join(keys, "exports/x.ndjson")
        assert s3.head_object(Bucket=NAME, Key="exports/x.ndjson")["ContentType"] == "application/x-ndjson"


def test_objects_are_removed_also_repeatedly_and_others_stay(objects: ExportObjects) -> None:
    for key in ("parts/a", "parts/b", "parts/c"):
        put(objects, key, b"x", rows="1")

    for _ in range(2):
        objects.remove(["parts/a", "parts/b"])

    assert [content_of(objects, key) for key in ("parts/a", "parts/b", "parts/c")] == [None, None, b"x"]


def test_more_objects_can_be_removed_than_one_call_takes(s3: Any) -> None:
    last = f"parts/{DELETIONS_A_CALL + 1}"
    s3.put_object(Bucket=NAME, Key=last, Body=b"x")

    ExportBucket(NAME).remove([f"parts/{number}" for number in range(DELETIONS_A_CALL + 2)])

    assert content_of(ExportBucket(NAME), last) is None


def test_a_removal_that_fails_in_s3_is_an_error(s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    class Refusing:
        def delete_objects(self, **_wanted: Any) -> Any:
            return {"Errors": [{"Key": "parts/a", "Code": "InternalError"}]}

    bucket = ExportBucket(NAME)
    monkeypatch.setitem(bucket.__dict__, "_client", Refusing())

    with pytest.raises(OSError, match="InternalError"):
        bucket.remove(["parts/a"])


@pytest.mark.parametrize("method", ["get_part", "remove", "join"])
def test_a_bucket_that_is_busy_is_unavailable(method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_wanted: Any) -> Any:
        answer: Any = {"Error": {"Code": "SlowDown"}, "ResponseMetadata": {"HTTPStatusCode": 503}}
        raise ClientError(answer, "Any")

    busy = SimpleNamespace(head_object=refuse, delete_objects=refuse, create_multipart_upload=refuse)
    bucket = ExportBucket(NAME)
    monkeypatch.setitem(bucket.__dict__, "_client", busy)
    calls: dict[str, Callable[[], object]] = {
        "get_part": lambda: bucket.get_part(PART),
        "remove": lambda: bucket.remove([PART]),
        "join": lambda: bucket.join([PART], "exports/x.ndjson"),
    }

    with pytest.raises(Unavailable):
        calls[method]()


@pytest.mark.parametrize(
    ("function", "make", "calls"),
    [("recorder", own_bucket, 1), ("api", own_bucket, 1), ("joiner", bucket_for_joining, 2)],
)
def test_a_call_of_s3_ends_before_the_function_times_out(
    function: str, make: Callable[[], ExportBucket], calls: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BUCKET_NAME", NAME)
    timeout_s = tomllib.loads(MANIFEST.read_text())["functions"][function]["timeout_s"]

    config = make()._client.meta.config  # noqa: SLF001 - the timeouts are visible nowhere else

    longest_s = (config.connect_timeout + config.read_timeout) * config.retries["total_max_attempts"]
    assert calls * longest_s < timeout_s


def test_the_largest_export_is_joined_within_the_timeout_of_the_function() -> None:
    timeout_s = tomllib.loads(MANIFEST.read_text())["functions"]["joiner"]["timeout_s"]
    slow_copy_s = 4.0

    assert PARTS_MAX / COPIES_AT_ONCE * slow_copy_s < timeout_s


def test_a_link_downloads_the_export_as_a_file_for_some_minutes(s3: Any) -> None:
    link = urlsplit(ExportBucket(NAME).link("exports/x.ndjson", file_name="users-2026-11-24.ndjson", expires_in_s=300))

    assert link.netloc == "exports.s3.eu-west-1.amazonaws.com"
    assert link.path == "/exports/x.ndjson"
    query = parse_qs(link.query)
    assert query["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]
    assert query["X-Amz-Expires"] == ["300"]
    assert query["response-content-disposition"] == ['attachment; filename="users-2026-11-24.ndjson"']
