"""What must be empty before CloudFormation deletes it."""

import io
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from operate.deployed.emptying import HeldBackupsError, empty_bucket, empty_vault
from operate.errors import OperateError
from operate.progress import Progress

BUCKET = "platform-dev-files"


@pytest.fixture
def s3(aws: None) -> Any:
    client = boto3.client("s3", region_name="eu-west-1")
    client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    client.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    return client


def quiet() -> Progress:
    return Progress(io.StringIO())


def test_a_bucket_can_be_deleted_after_its_versions_its_marks_and_its_unfinished_uploads_were(s3: Any) -> None:
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


def test_more_versions_than_one_request_takes_are_deleted_with_progress(s3: Any) -> None:
    for number in range(5):
        s3.put_object(Bucket=BUCKET, Key=f"{number}", Body=b"")
    stream = io.StringIO()

    assert empty_bucket(s3, BUCKET, progress=Progress(stream), at_once=3) == 5
    assert stream.getvalue().splitlines()[:2] == [
        "platform-dev-files: 3 versions deleted",
        "platform-dev-files: 5 versions deleted",
    ]


def test_a_bucket_that_is_gone_or_empty_is_empty(s3: Any) -> None:
    assert empty_bucket(s3, BUCKET, progress=quiet()) == 0
    assert empty_bucket(s3, "platform-dev-gone", progress=quiet()) == 0


def test_what_s3_keeps_is_said_with_its_reason(s3: Any) -> None:
    s3.put_object(Bucket=BUCKET, Key="a", Body=b"1")

    class Keeping:
        exceptions = s3.exceptions

        def list_object_versions(self, **request: Any) -> Any:
            return s3.list_object_versions(**request)

        def delete_objects(self, **_: Any) -> dict[str, Any]:
            return {"Errors": [{"Key": "a", "Code": "AccessDenied", "Message": "held"}]}

    with pytest.raises(OperateError, match=r"platform-dev-files keeps 1 objects: a: AccessDenied: held"):
        empty_bucket(Keeping(), BUCKET, progress=quiet())


class FakeBackup:
    """A vault with two backups, of which one may be held."""

    def __init__(self, held: str | None = None) -> None:
        self.held = held
        self.points = ["arn:1", "arn:2"]

    def get_paginator(self, _: str) -> "FakeBackup":
        return self

    def paginate(self, *, BackupVaultName: str) -> list[dict[str, Any]]:  # noqa: N803 - as boto3 names it
        assert BackupVaultName == "platform-dev"
        ends = {"CalculatedLifecycle": {"DeleteAt": datetime(2027, 1, 31, tzinfo=UTC)}}
        return [{"RecoveryPoints": [{"RecoveryPointArn": each, **ends}]} for each in self.points]

    def delete_recovery_point(self, *, BackupVaultName: str, RecoveryPointArn: str) -> None:  # noqa: N803 - the same
        assert BackupVaultName == "platform-dev"
        if RecoveryPointArn == self.held:
            raise ClientError(
                {"Error": {"Code": "InvalidRequestException", "Message": "locked"}}, "DeleteRecoveryPoint"
            )
        self.points.remove(RecoveryPointArn)


def test_every_backup_of_a_vault_is_deleted() -> None:
    backup = FakeBackup()

    assert empty_vault(backup, "platform-dev", progress=quiet()) == 2
    assert backup.points == []


def test_a_backup_that_a_lock_holds_is_said() -> None:
    with pytest.raises(OperateError, match=r"The vault platform-dev keeps arn:2: locked\. A lock holds each backup"):
        empty_vault(FakeBackup(held="arn:2"), "platform-dev", progress=quiet())


def test_what_a_lock_does_not_hold_goes_and_until_when_it_holds_the_rest_is_known() -> None:
    backup = FakeBackup(held="arn:1")

    with pytest.raises(HeldBackupsError) as held:
        empty_vault(backup, "platform-dev", progress=quiet())

    assert backup.points == ["arn:1"]
    assert held.value.said == "1 backups in the vault platform-dev, until 2027-01-31"
