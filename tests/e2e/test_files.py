"""Files from creation to download: requests through Traefik, and signed requests to S3."""

import hashlib
import ssl
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import httpx
import pytest
from PIL import Image

from tests.e2e.platform_under_test import PlatformUnderTest
from tests.e2e.stored import has_no_work, is_empty
from tests.files.hostile_pictures import jpeg_of_scans
from tests.waiting import eventually

CSV = "größe,länge\n1,2\n".encode()


@pytest.fixture(scope="module")
def outside(platform: PlatformUnderTest) -> Iterator[httpx.Client]:
    """A client without a token, for signed requests."""
    with httpx.Client(verify=ssl.create_default_context(cafile=platform.described["ca_file"]), timeout=60) as client:
        yield client


@pytest.fixture(scope="module")
def member(platform: PlatformUnderTest) -> httpx.Client:
    return platform.client("member")


def created(client: httpx.Client, content: bytes, *, path: str = "/files", **declared: Any) -> Any:
    body = {"name": "Größe.csv", "content_type": "text/csv", "size_bytes": len(content)} | declared
    if path != "/files":
        del body["name"]
    answer = client.post(path, json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


def upload(outside: httpx.Client, made: Any, content: bytes, **fields: str) -> httpx.Response:
    form = made["upload"]
    return outside.post(form["url"], data={**form["fields"], **fields}, files={"file": ("x", content)})


def decided(client: httpx.Client, made: Any) -> Any:
    def look() -> Any:
        file = client.get(f"/files/{made['id']}").json()
        return file if file["state"] != "pending" else None

    return eventually(look)


def picture() -> bytes:
    content = BytesIO()
    Image.new("RGB", (1200, 800), "teal").save(content, "PNG")
    return content.getvalue()


def test_what_was_uploaded_is_downloaded_byte_by_byte(member: httpx.Client, outside: httpx.Client) -> None:
    digest = hashlib.sha256(CSV).hexdigest()
    made = created(member, CSV, checksum_sha256=digest)
    assert made["state"] == "pending"

    assert upload(outside, made, CSV).status_code == 204

    file = decided(member, made)
    assert (file["state"], file["checksum_sha256"]) == ("available", digest)
    download = outside.get(file["download"]["url"])
    assert download.content == CSV
    assert download.headers["Content-Type"] == "text/csv"
    assert "filename*=UTF-8''Gr%C3%B6%C3%9Fe.csv" in download.headers["Content-Disposition"]


def test_the_events_tell_of_a_file_without_its_name(
    platform: PlatformUnderTest, member: httpx.Client, outside: httpx.Client
) -> None:
    made = created(member, CSV)
    upload(outside, made, CSV)
    file = decided(member, made)
    member.delete(f"/files/{made['id']}")

    def told() -> Any:
        events = platform.activity(f"files/{made['id']}")
        return events if len(events) == 2 else None

    uploaded, deleted = eventually(told)
    assert (uploaded["type"], deleted["type"]) == ("FileUploaded.v1", "FileDeleted.v1")
    assert uploaded["data"]["checksum_sha256"] == file["checksum_sha256"]
    assert uploaded["data"]["bucket"] == platform.output("platform-local-files", "BucketName")
    # The event is enough to find the content, for a reader with the right to it.
    named = {"Bucket": uploaded["data"]["bucket"], "Key": uploaded["data"]["key"]}
    found = platform.aws("s3").get_object(**named, VersionId=uploaded["data"]["version_id"])
    assert found["Body"].read() == CSV
    assert "Gr" not in str([uploaded, deleted])


def test_what_is_not_of_its_type_is_rejected_and_cannot_be_downloaded(
    member: httpx.Client, outside: httpx.Client
) -> None:
    made = created(member, CSV, content_type="image/png")

    assert upload(outside, made, CSV).status_code == 204

    file = decided(member, made)
    assert (file["state"], file["reason"], file["download"]) == ("rejected", "not-of-its-type", None)


@pytest.mark.parametrize(
    ("content", "fields", "code"),
    [
        (CSV + b"x", {}, "EntityTooLarge"),
        (CSV[:-1], {}, "EntityTooSmall"),
        (bytes(len(CSV)), {}, "BadDigest"),
        (CSV, {"Content-Type": "text/html"}, "AccessDenied"),
        (CSV, {"key": "files/another"}, "AccessDenied"),
        (CSV, {"x-amz-meta-more": "x"}, "AccessDenied"),
        (CSV, {"x-amz-checksum-sha256": "0" * 43 + "="}, "AccessDenied"),
    ],
)
def test_s3_refuses_what_the_form_is_not_for(
    member: httpx.Client, outside: httpx.Client, content: bytes, fields: dict[str, str], code: str
) -> None:
    made = created(member, CSV, checksum_sha256=hashlib.sha256(CSV).hexdigest())

    refused = upload(outside, made, content, **fields)

    assert refused.status_code in {400, 403}
    assert f"<Code>{code}</Code>" in refused.text
    assert member.get(f"/files/{made['id']}").json()["state"] == "pending"


def test_a_form_that_is_used_again_changes_nothing(member: httpx.Client, outside: httpx.Client) -> None:
    made = created(member, CSV)
    upload(outside, made, CSV)
    before = decided(member, made)

    assert upload(outside, made, CSV.replace(b"1", b"9")).status_code == 204

    after = member.get(f"/files/{made['id']}").json()
    assert (after["version"], after["checksum_sha256"]) == (before["version"], before["checksum_sha256"])
    assert outside.get(after["download"]["url"]).content == CSV


def test_a_picture_gets_a_thumbnail_of_bounded_size(member: httpx.Client, outside: httpx.Client) -> None:
    content = picture()
    made = created(member, content, content_type="image/png", name="teal.png")
    upload(outside, made, content)

    def drawn() -> Any:
        file = member.get(f"/files/{made['id']}").json()
        return file if file["thumbnail"] not in {"none", "pending"} else None

    thumbnail = outside.get(eventually(drawn)["thumbnail_link"]["url"])
    assert thumbnail.headers["Content-Type"] == "image/webp"
    assert Image.open(BytesIO(thumbnail.content)).size == (256, 171)


def test_a_broken_picture_is_available_without_a_thumbnail(member: httpx.Client, outside: httpx.Client) -> None:
    content = picture()[:100]
    made = created(member, content, content_type="image/png", name="broken.png")
    upload(outside, made, content)

    file = eventually(lambda: (file := decided(member, made))["thumbnail"] == "failed" and file)

    assert file["thumbnail_link"] is None
    assert outside.get(file["download"]["url"]).content == content


def test_a_hostile_picture_is_available_without_a_thumbnail_and_leaves_no_dead_letter(
    platform: PlatformUnderTest, member: httpx.Client, outside: httpx.Client
) -> None:
    content = jpeg_of_scans(20_000, edge=7000)
    made = created(member, content, content_type="image/jpeg", name="scans.jpg")
    upload(outside, made, content)

    file = eventually(lambda: (file := decided(member, made))["thumbnail"] == "failed" and file)

    assert file["state"] == "available"
    eventually(lambda: has_no_work(platform, "platform-local-files"))
    assert is_empty(platform, "platform-local-files", "ThumbnailsEventsDeadLetterQueueUrl")


def test_another_version_takes_the_place_of_the_first_which_stays(member: httpx.Client, outside: httpx.Client) -> None:
    made = created(member, CSV)
    upload(outside, made, CSV)
    decided(member, made)
    path = f"/files/{made['id']}/versions"
    second = created(member, CSV + b"3,4\n", path=path)
    upload(outside, second, CSV + b"3,4\n")

    def replaced() -> Any:
        file = member.get(f"/files/{made['id']}").json()
        return file if file["number"] == 2 else None

    assert outside.get(eventually(replaced)["download"]["url"]).content == CSV + b"3,4\n"
    assert [version["number"] for version in member.get(path).json()["items"]] == [2, 1]
    first = member.get(f"{path}/1").json()
    assert outside.get(first["download"]["url"]).content == CSV


def test_a_deleted_file_is_gone_with_its_content(
    platform: PlatformUnderTest, member: httpx.Client, outside: httpx.Client
) -> None:
    made = created(member, CSV)
    upload(outside, made, CSV)
    decided(member, made)
    path = f"/files/{made['id']}"

    assert member.delete(path, headers={"If-Match": '"1"'}).status_code == 412
    assert member.delete(path).status_code == 204
    assert member.get(path).status_code == 404
    assert member.delete(path).status_code == 404
    bucket = platform.output("platform-local-files", "BucketName")
    prefix = f"files/{made['id']}/"
    eventually(lambda: platform.aws("s3").list_objects_v2(Bucket=bucket, Prefix=prefix)["KeyCount"] == 0)


def test_what_is_another_member_s_is_not_found_and_not_listed(
    platform: PlatformUnderTest, member: httpx.Client
) -> None:
    made = created(member, CSV)
    other = platform.client("member2")
    path = f"/files/{made['id']}"

    answers = [
        other.get(path),
        other.delete(path),
        other.get(f"{path}/versions"),
        other.get(f"{path}/versions/1"),
        other.post(f"{path}/versions", json={"content_type": "text/csv", "size_bytes": 1}),
    ]

    assert {(answer.status_code, answer.json()["type"]) for answer in answers} == {
        (404, "urn:problem-type:file-not-found")
    }
    assert made["id"] not in other.get("/files?limit=100").text
    assert platform.gateway.get(path).status_code == 200
    assert made["id"] in member.get("/files?limit=100").text


def test_a_repeated_creation_is_one_file_with_a_form_that_works(member: httpx.Client, outside: httpx.Client) -> None:
    body = {"name": "x.csv", "content_type": "text/csv", "size_bytes": len(CSV)}
    headers = {"Idempotency-Key": hashlib.sha256(str(id(body)).encode()).hexdigest()}

    first, again = (member.post("/files", json=body, headers=headers) for _ in range(2))

    assert first.json()["id"] == again.json()["id"]
    assert again.headers["Idempotency-Replayed"] == "true"
    assert upload(outside, again.json(), CSV).status_code == 204
    assert decided(member, first.json())["state"] == "available"


def test_the_bucket_is_versioned_encrypted_and_refuses_who_signed_nothing(
    platform: PlatformUnderTest, outside: httpx.Client
) -> None:
    s3, bucket = platform.aws("s3"), platform.output("platform-local-files", "BucketName")

    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    [rule] = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
    assert outside.get(f"{platform.described['aws_endpoint_url']}/{bucket}").status_code == 403
