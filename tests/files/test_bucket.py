"""One contract of the `ObjectStore`, for the fake and for S3; and the content of the signed requests."""

import base64
import hashlib
import json
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest

from functions.files.bucket import S3Bucket, attachment
from functions.files.domain import Declaration
from functions.files.ports import ObjectStore
from tests.files.fakes import FakeObjects

NAME = "files"
CONTENT = b"a,b\n1,2\n"


@pytest.fixture
def bucket(aws: None) -> S3Bucket:
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket=NAME, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_bucket_versioning(Bucket=NAME, VersioningConfiguration={"Status": "Enabled"})
    return S3Bucket(NAME)


@pytest.fixture(params=["fake", "s3"])
def objects(request: pytest.FixtureRequest) -> ObjectStore:
    return FakeObjects() if request.param == "fake" else request.getfixturevalue("bucket")


def uploaded(objects: ObjectStore, content: bytes = CONTENT, *, key: str = "incoming/f/1") -> str:
    if isinstance(objects, FakeObjects):
        return objects.put(key, content)
    return str(boto3.client("s3").put_object(Bucket=NAME, Key=key, Body=content)["VersionId"])


def test_a_head_contains_the_size_and_the_first_bytes(objects: ObjectStore) -> None:
    content = bytes(range(256)) * 40

    found = objects.read_head("incoming/f/1", uploaded(objects, content))

    assert (found.size_bytes, found.head) == (10_240, content[:4096])


def test_a_head_is_of_the_requested_version(objects: ObjectStore) -> None:
    first = uploaded(objects)
    uploaded(objects, b"newer")

    assert objects.read_head("incoming/f/1", first).head == CONTENT


def test_an_accepted_object_is_a_copy_with_the_checksum_of_its_content(objects: ObjectStore) -> None:
    copy = objects.accept("incoming/f/1", uploaded(objects), target="files/f/1", content_type="text/csv")

    assert (copy.bucket, copy.key) == (NAME, "files/f/1")
    assert copy.checksum_sha256 == hashlib.sha256(CONTENT).hexdigest()
    assert objects.read("files/f/1", copy.object_version) == CONTENT


def test_a_removed_version_is_gone_and_can_be_removed_again(objects: ObjectStore) -> None:
    version = uploaded(objects)
    other = uploaded(objects, b"other")

    objects.remove("incoming/f/1", version)
    objects.remove("incoming/f/1", version)

    assert objects.read("incoming/f/1", other) == b"other"
    with pytest.raises(Exception):  # noqa: B017, PT011 - the fake's and botocore's have nothing in common
        objects.read("incoming/f/1", version)


def test_a_hidden_object_keeps_its_versions(bucket: S3Bucket) -> None:
    version = uploaded(bucket)

    bucket.remove("incoming/f/1")

    assert bucket.read("incoming/f/1", version) == CONTENT
    assert "Contents" not in boto3.client("s3").list_objects_v2(Bucket=NAME)


def test_the_accepted_object_has_the_verified_content_type(bucket: S3Bucket) -> None:
    copy = bucket.accept("incoming/f/1", uploaded(bucket), target="files/f/1", content_type="text/csv")

    head = boto3.client("s3").head_object(Bucket=NAME, Key=copy.key, VersionId=copy.object_version)
    assert head["ContentType"] == "text/csv"


def test_a_form_fits_only_one_upload(bucket: S3Bucket) -> None:
    digest = hashlib.sha256(CONTENT).digest()
    declaration = Declaration(content_type="text/csv", size_bytes=8, checksum_sha256=digest.hex())

    form = bucket.upload_form("incoming/f/1", declaration, expires_in_s=900)

    policy = json.loads(base64.b64decode(form.fields["policy"]))
    for condition in (
        {"key": "incoming/f/1"},
        {"bucket": NAME},
        {"Content-Type": "text/csv"},
        {"x-amz-checksum-sha256": base64.b64encode(digest).decode()},
        ["content-length-range", 8, 8],
    ):
        assert condition in policy["conditions"]
    # The form contains every field that the policy names: a client copies the fields and adds the file.
    named = {name for condition in policy["conditions"] if isinstance(condition, dict) for name in condition}
    assert named - {"bucket"} <= form.fields.keys()


def test_a_form_without_a_declared_checksum_requires_none(bucket: S3Bucket) -> None:
    form = bucket.upload_form("k", Declaration(content_type="text/csv", size_bytes=8), expires_in_s=900)

    assert not [name for name in form.fields if "checksum" in name]


def test_signed_requests_name_the_bucket_s_region_in_the_host(bucket: S3Bucket) -> None:
    # A form cannot follow the redirect of the global host.
    host = "files.s3.eu-west-1.amazonaws.com"
    url = bucket.download_url("files/f/1", object_version="v1", file_name="x.csv", expires_in_s=300)
    form = bucket.upload_form("k", Declaration(content_type="text/csv", size_bytes=8), expires_in_s=900)

    assert (urlsplit(url).hostname, urlsplit(form.url).hostname) == (host, host)
    assert urlsplit(bucket.image_url("k", expires_in_s=300)).hostname == host


def test_a_download_is_pinned_to_its_version_and_expires_soon(bucket: S3Bucket) -> None:
    url = bucket.download_url("files/f/1", object_version="v1", file_name="x.csv", expires_in_s=300)

    query = parse_qs(urlsplit(url).query)
    assert query["versionId"] == ["v1"]
    assert query["X-Amz-Expires"] == ["300"]
    assert query["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]
    assert query["response-content-disposition"] == [attachment("x.csv")]


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("x.csv", "attachment; filename=\"x.csv\"; filename*=UTF-8''x.csv"),
        ("Größe.csv", "attachment; filename=\"Gr__e.csv\"; filename*=UTF-8''Gr%C3%B6%C3%9Fe.csv"),
        ('a"b\\c%41.csv', "attachment; filename=\"a_b_c_41.csv\"; filename*=UTF-8''a%22b%5Cc%2541.csv"),
    ],
)
def test_a_file_s_name_cannot_break_out_of_its_header(name: str, header: str) -> None:
    assert attachment(name) == header
