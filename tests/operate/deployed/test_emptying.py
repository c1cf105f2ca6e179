"""Buckets and vaults are emptied, so that CloudFormation can delete them."""

import io
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from operate.deployed.emptying import HeldBackupsError, empty_bucket, empty_vault
from operate.errors import OperateError
from operate.progress import Progress
from tests.operate.deployed.vaults import FakeBackup

BUCKET = "platform-dev-files"


@pytest.fixture
def s3(aws: None) -> Any:
    client = boto3.client("s3", region_name="eu-west-1")
    client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    client.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    return client


def quiet() -> Progress:
    return Progress(io.StringIO())


def test_an_emptied_bucket_has_no_version_delete_marker_or_unfinished_upload_and_can_be_deleted(s3: Any) -> None:
    for body in (b"1", b"2", b"3"):
        s3.put_object(Bucket=BUCKET, Key="a", Body=body)
    s3.put_object(Bucket=BUCKET, Key="b", Body=b"1")
    s3.delete_object(Bucket=BUCKET, Key="b")
    s3.create_multipart_upload(Bucket=BUCKET, Key="c")
    with pytest.raises(ClientError, match="BucketNotEmpty"):
        s3.delete_bucket(Bucket=BUCKET)

    assert empty_bucket(s3, BUCKET, progress=quiet()) == 6

    assert s3.list_multipart_uploads(Bucket=BUCKET).get("Uploads", []) == []
    s3.delete_bucket(Bucket=BUCKET)


def test_more_versions_than_one_request_deletes_are_deleted_with_progress(s3: Any) -> None:
    for number in range(5):
        s3.put_object(Bucket=BUCKET, Key=f"{number}", Body=b"")
    stream = io.StringIO()

    assert empty_bucket(s3, BUCKET, progress=Progress(stream), at_once=3) == 5
    assert stream.getvalue().splitlines()[:2] == [
        "platform-dev-files: 3 versions deleted",
        "platform-dev-files: 5 versions deleted",
    ]


def test_a_missing_or_empty_bucket_counts_as_empty(s3: Any) -> None:
    assert empty_bucket(s3, BUCKET, progress=quiet()) == 0
    assert empty_bucket(s3, "platform-dev-gone", progress=quiet()) == 0


def test_an_object_that_s3_does_not_delete_is_reported_with_the_reason(s3: Any) -> None:
    s3.put_object(Bucket=BUCKET, Key="a", Body=b"1")

    class Keeping:
        exceptions = s3.exceptions

        def list_object_versions(self, **request: Any) -> Any:
            return s3.list_object_versions(**request)

        def delete_objects(self, **_: Any) -> dict[str, Any]:
            return {"Errors": [{"Key": "a", "Code": "AccessDenied", "Message": "held"}]}

    with pytest.raises(
        OperateError, match=r"S3 did not delete 1 objects of platform-dev-files\. The first is a: AccessDenied: held"
    ):
        empty_bucket(Keeping(), BUCKET, progress=quiet())


def test_every_backup_of_a_vault_is_deleted() -> None:
    backup = FakeBackup()

    assert empty_vault(backup, "platform-dev", progress=quiet()) == 2
    assert backup.points == []


def test_a_held_backup_is_reported_with_its_end_and_the_others_are_deleted() -> None:
    backup = FakeBackup(held="arn:2")

    with pytest.raises(HeldBackupsError, match=r"The vault platform-dev keeps arn:2: locked") as held:
        empty_vault(backup, "platform-dev", progress=quiet())

    assert backup.points == ["arn:2"]
    assert held.value.summary == "1 backups in the vault platform-dev, until 2027-01-31"
