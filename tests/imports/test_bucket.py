"""The bucket of imports, and uploaded files, in S3."""

from typing import Any

import httpx
import pytest
from botocore.exceptions import ClientError

from functions.imports import bucket as module
from functions.imports.bucket import RANGE_BYTES, FilesBucket, ImportBucket
from functions.imports.domain import FileVersion
from functions.imports.parsing.reasons import FileRefused, Refusal
from functions.shared.aws.s3 import s3_client
from functions.shared.errors import Unavailable


@pytest.fixture
def s3(aws: None) -> Any:
    s3 = s3_client()
    s3.create_bucket(Bucket="bucket", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_bucket_versioning(Bucket="bucket", VersioningConfiguration={"Status": "Enabled"})
    return s3


def uploaded(s3: Any, content: bytes) -> FileVersion:
    answer = s3.put_object(Bucket="bucket", Key="files/1", Body=content)
    return FileVersion(
        file_id="1",
        owner="alice",
        key="files/1",
        version_id=answer["VersionId"],
        size_bytes=len(content),
        content_type="text/csv",
    )


class Failing:
    """A client that raises these errors at its first calls."""

    def __init__(self, s3: Any, *, failures: list[Exception]) -> None:
        self._s3 = s3
        self._failures = iter(failures)

    def get_object(self, **wanted: Any) -> Any:
        if failure := next(self._failures, None):
            raise failure
        return self._s3.get_object(**wanted)


def error(code: str, status: int) -> ClientError:
    return ClientError({"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}, "GetObject")


@pytest.mark.parametrize("offset", [0, 7, RANGE_BYTES, RANGE_BYTES + 100, RANGE_BYTES * 2])
def test_a_file_is_read_in_ranges_from_an_offset(s3: Any, offset: int) -> None:
    content = bytes(range(256)) * (RANGE_BYTES // 256) + b"the rest"
    file = FilesBucket("bucket", s3=s3).open(uploaded(s3, content))

    blocks = list(file.blocks(offset))

    assert b"".join(blocks) == content[offset:]
    assert max(map(len, blocks), default=0) <= module.BLOCK_BYTES


def test_the_version_of_the_import_is_read_even_if_there_are_later_ones(s3: Any) -> None:
    version = uploaded(s3, b"first")
    uploaded(s3, b"second")
    s3.delete_object(Bucket="bucket", Key="files/1")

    assert b"".join(FilesBucket("bucket", s3=s3).open(version).blocks(0)) == b"first"


def test_a_deleted_version_refuses_the_file(s3: Any) -> None:
    version = uploaded(s3, b"first")
    s3.delete_object(Bucket="bucket", Key="files/1", VersionId=version.version_id)

    with pytest.raises(FileRefused) as refused:
        list(FilesBucket("bucket", s3=s3).open(version).blocks(0))

    assert refused.value.refusal == Refusal.FILE_GONE


def test_a_transient_failure_of_a_range_is_retried(s3: Any) -> None:
    version = uploaded(s3, b"content")
    failing = Failing(s3, failures=[error("SlowDown", 503), error("InternalError", 500)])

    assert b"".join(FilesBucket("bucket", s3=failing).open(version).blocks(0)) == b"content"


def test_an_invalid_request_is_not_reported_as_busy(s3: Any) -> None:
    version = uploaded(s3, b"content")
    failing = Failing(s3, failures=[error("InvalidArgument", 400)])

    with pytest.raises(ClientError):
        list(FilesBucket("bucket", s3=failing).open(version).blocks(0))


def test_a_bucket_that_stays_busy_is_unavailable(s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RANGE_TIMEOUT_S", 0.1)
    version = uploaded(s3, b"content")
    failing = Failing(s3, failures=[error("SlowDown", 503)] * 100)

    with pytest.raises(Unavailable):
        list(FilesBucket("bucket", s3=failing).open(version).blocks(0))


@pytest.mark.parametrize("sizes", [[3], [6_000_000, 3], [6_000_000, 5_500_000, 3]])
def test_an_object_is_written_in_parts_by_several_functions(s3: Any, sizes: list[int]) -> None:
    parts = [bytes([number]) * size for number, size in enumerate(sizes)]
    upload_id = ImportBucket("bucket", s3=s3).begin_parts("rejects/1.csv")
    tags = []

    for number, content in enumerate(parts, start=1):
        ImportBucket("bucket", s3=s3).write_part("rejects/1.csv", upload_id, number, b"x" * 5_500_000)
        tags.append(ImportBucket("bucket", s3=s3).write_part("rejects/1.csv", upload_id, number, content))
    ImportBucket("bucket", s3=s3).complete_parts("rejects/1.csv", upload_id, tags)

    assert s3.get_object(Bucket="bucket", Key="rejects/1.csv")["Body"].read() == b"".join(parts)


def test_an_object_is_written_linked_and_deleted_repeatedly(s3: Any) -> None:
    objects = ImportBucket("bucket", s3=s3)
    objects.write("rejects/1.csv", b"line")

    link = httpx.URL(objects.link("rejects/1.csv"))
    objects.delete("rejects/1.csv")
    objects.delete("rejects/1.csv")

    assert link.path.endswith("/rejects/1.csv")
    assert link.params["X-Amz-Expires"] == "300"
    with pytest.raises(ClientError):
        s3.get_object(Bucket="bucket", Key="rejects/1.csv")
