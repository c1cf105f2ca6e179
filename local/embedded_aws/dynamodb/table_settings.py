"""Apply the settings that a template gives a DynamoDB table in addition to its keys and indexes.

Relies on the DynamoDB service's own `_update_ttl`, `_update_continuous_backups`,
`_update_contributor_insights` and `_update_table`.
"""

from typing import Any

from ministack.core.responses import get_region
from ministack.services import dynamodb

from local.embedded_aws.cloudformation import Properties, after
from local.embedded_aws.extension import Extension, Hook


def _apply(table_name: str, old: Properties, new: Properties) -> None:
    before, wanted = _settings(old), _settings(new)
    for request, call in (
        ("TimeToLiveSpecification", dynamodb._update_ttl),
        ("PointInTimeRecoverySpecification", dynamodb._update_continuous_backups),
        ("SSESpecification", dynamodb._update_table),
        ("DeletionProtectionEnabled", dynamodb._update_table),
    ):
        if wanted[request] is not None and wanted[request] != before[request]:
            _call(call, {"TableName": table_name, request: wanted[request]})
    if wanted["ContributorInsights"] != before["ContributorInsights"]:
        action = "ENABLE" if wanted["ContributorInsights"] else "DISABLE"
        _call(dynamodb._update_contributor_insights, {"TableName": table_name, "ContributorInsightsAction": action})


def _settings(properties: Properties) -> dict[str, Any]:
    """Read the settings of either type; a global table has most of them in its replica of this region."""
    own = next(
        (replica for replica in properties.get("Replicas") or [] if replica.get("Region") == get_region()), properties
    )
    encryption = properties.get("SSESpecification")
    if encryption is not None:
        key = (own.get("SSESpecification") or {}).get("KMSMasterKeyId")
        encryption = {
            "Enabled": encryption.get("SSEEnabled", encryption.get("Enabled", True)),
            "SSEType": encryption.get("SSEType", "KMS"),
            **({"KMSMasterKeyId": key} if key else {}),
        }
    return {
        "TimeToLiveSpecification": properties.get("TimeToLiveSpecification"),
        "PointInTimeRecoverySpecification": own.get("PointInTimeRecoverySpecification"),
        "SSESpecification": encryption,
        "DeletionProtectionEnabled": own.get("DeletionProtectionEnabled"),
        "ContributorInsights": bool((own.get("ContributorInsightsSpecification") or {}).get("Enabled")),
    }


def _call(operation: Any, request: dict[str, Any]) -> None:
    status, _, body = operation(request)
    if status >= 400:  # noqa: PLR2004 - HTTP
        raise ValueError(f"{operation.__name__.lstrip('_')} of {request['TableName']} failed: {body!r}")


def _install() -> None:
    after("AWS::DynamoDB::Table", _apply)
    after("AWS::DynamoDB::GlobalTable", _apply)


_RECOVERY = "Items, indexes, streams and expiry are real; point-in-time recovery is recorded, but nothing is backed up."

EXTENSION = Extension(
    closes="CloudFormation dropped time to live, point-in-time recovery, encryption, insights, deletion protection.",
    hooks=tuple(
        Hook(module="ministack.services.dynamodb", name=name, parameters=("data",))
        for name in ("_update_ttl", "_update_continuous_backups", "_update_contributor_insights", "_update_table")
    ),
    install=_install,
    stands_in={"AWS::DynamoDB::Table": _RECOVERY, "AWS::DynamoDB::GlobalTable": _RECOVERY},
)
