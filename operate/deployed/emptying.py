"""Empties the resources that CloudFormation can delete only when they are empty: buckets and backup vaults."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError

from operate.errors import OperateError
from operate.progress import Progress

# https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html
AT_ONCE = 1000


def empty_bucket(s3: Any, bucket: str, *, progress: Progress, at_once: int = AT_ONCE) -> int:  # noqa: ANN401 - boto3's
    """Delete every version, delete marker and unfinished upload of a bucket; return their number.

    A bucket that no longer exists counts as empty.

    Raises:
        OperateError: S3 refuses to delete some objects; the message has the first reason.
    """
    deleted = 0
    try:
        # Each round lists from the start, since other writers may add objects in the meantime.
        while some := _first_versions(s3, bucket, at_once):
            answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": some, "Quiet": True})
            if errors := answer.get("Errors"):
                first = errors[0]
                raise OperateError(
                    f"S3 did not delete {len(errors)} objects of {bucket}. The first is {first['Key']}:"
                    f" {first['Code']}: {first.get('Message', '')}"
                )
            deleted += len(some)
            progress.show(f"{bucket}: {deleted} versions deleted")
        for upload in _unfinished(s3, bucket):
            s3.abort_multipart_upload(Bucket=bucket, **upload)
            deleted += 1
    except s3.exceptions.NoSuchBucket:
        return deleted
    progress.say(f"{bucket} is empty: {deleted} versions and unfinished uploads deleted.")
    return deleted


class HeldBackupsError(OperateError):
    """A vault lock or a legal hold keeps backups.

    Attributes:
        summary: The vault, the number of held backups and the end of the hold.
    """

    def __init__(self, vault: str, held: Sequence[Mapping[str, Any]], reason: str) -> None:
        ends = [each.get("CalculatedLifecycle", {}).get("DeleteAt") for each in held]
        until = f"until {max(ends):%Y-%m-%d}" if all(ends) else "until they are released"
        self.summary = f"{len(held)} backups in the vault {vault}, {until}"
        super().__init__(
            f"The vault {vault} keeps {held[0]['RecoveryPointArn']}: {reason}. Held: {self.summary}. Remove a lock that"
            " is not final with: aws backup delete-backup-vault-lock-configuration"
        )


def empty_vault(backup: Any, vault: str, *, progress: Progress) -> int:  # noqa: ANN401 - a boto3 client
    """Delete every backup of a vault; return their number.

    Raises:
        HeldBackupsError: A lock or a legal hold keeps some backups; all the others are deleted.
    """
    pages = backup.get_paginator("list_recovery_points_by_backup_vault").paginate(BackupVaultName=vault)
    points = [each for page in pages for each in page["RecoveryPoints"] if each.get("Status") != "DELETING"]
    held, reason = list[Mapping[str, Any]](), ""
    for point in points:
        try:
            backup.delete_recovery_point(BackupVaultName=vault, RecoveryPointArn=point["RecoveryPointArn"])
        except ClientError as error:
            if error.response["Error"]["Code"] == "ResourceNotFoundException":
                continue
            held.append(point)
            reason = reason or error.response["Error"]["Message"]
            cause = error
    if held:
        raise HeldBackupsError(vault, held, reason) from cause
    progress.say(f"The vault {vault} is empty: {len(points)} backups deleted.")
    return len(points)


def _first_versions(s3: Any, bucket: str, at_once: int) -> list[dict[str, str]]:  # noqa: ANN401 - a boto3 client
    page = s3.list_object_versions(Bucket=bucket, MaxKeys=at_once)
    return [
        {"Key": each["Key"], "VersionId": each["VersionId"]}
        for each in (*page.get("Versions", ()), *page.get("DeleteMarkers", ()))
    ]


def _unfinished(s3: Any, bucket: str) -> Iterator[dict[str, str]]:  # noqa: ANN401 - a boto3 client
    for page in s3.get_paginator("list_multipart_uploads").paginate(Bucket=bucket):
        for each in page.get("Uploads", ()):
            yield {"Key": each["Key"], "UploadId": each["UploadId"]}
