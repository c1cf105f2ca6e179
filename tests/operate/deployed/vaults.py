"""A fake of AWS Backup."""

from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError


class FakeBackup:
    """A vault with two backups; a lock may hold one of them."""

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
