"""Settings of tables."""

from typing import Any

from ministack.services import dynamodb

from tests.local.embedded_aws.resources import HANDLERS, call, create

TYPE = "AWS::DynamoDB::GlobalTable"


def table(*, protected: bool) -> dict[str, Any]:
    return {
        "TableName": "t",
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
        "BillingMode": "PAY_PER_REQUEST",
        "TimeToLiveSpecification": {"AttributeName": "expires_at", "Enabled": True},
        "Replicas": [
            {
                "Region": "eu-west-1",
                "DeletionProtectionEnabled": protected,
                "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": protected},
            }
        ],
    }


def settings() -> tuple[Any, str, bool]:
    backups = call(dynamodb._describe_continuous_backups, TableName="t")["ContinuousBackupsDescription"]
    return (
        call(dynamodb._describe_ttl, TableName="t")["TimeToLiveDescription"],
        backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"],
        dynamodb._tables["t"]["DeletionProtectionEnabled"],
    )


def test_settings_of_a_table_are_applied_and_changed() -> None:
    expiry = {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires_at"}

    create(TYPE, table(protected=True))
    assert settings() == (expiry, "ENABLED", True)

    HANDLERS[TYPE]["update"]("t", table(protected=True), table(protected=False), "stack")
    assert settings() == (expiry, "DISABLED", False)
