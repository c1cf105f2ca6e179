"""The account's settings of AWS Backup.

With the wrong settings a deployment succeeds, and no backup is ever made or copied.
"""

from collections.abc import Iterator

from operate.checks.account import Account
from operate.checks.finding import Finding, ok, problem
from operate.target import Target

_KINDS = ("DynamoDB", "S3")
# AWS Backup can copy a backup to another region, and encrypt it with the vault's key, only if it fully manages that
# kind. It always fully manages S3:
# https://docs.aws.amazon.com/aws-backup/latest/devguide/advanced-ddb-backup.html
_MANAGED_KINDS = ("DynamoDB",)


def check_backups(target: Target, account: Account) -> Iterator[Finding]:
    """Check that AWS Backup handles tables and buckets in every region with a vault."""
    environment = target.environment
    if environment.backup is None:
        return
    for region in filter(None, (environment.region, environment.backup.copy_region)):
        enabled, managed = account.backup_preferences(region)
        wrong = {
            "opt-in": [kind for kind in _KINDS if not enabled.get(kind)],
            "management": [kind for kind in _MANAGED_KINDS if not managed.get(kind)],
        }
        options = "".join(
            f" --resource-type-{preference}-preference {','.join(f'{kind}=true' for kind in kinds)}"
            for preference, kinds in wrong.items()
            if kinds
        )
        if options:
            listed = "; ".join(f"{preference} of {', '.join(kinds)}" for preference, kinds in wrong.items() if kinds)
            remedy = f"aws backup update-region-settings --region {region}{options}"
            yield problem(f"AWS Backup in {region} lacks: {listed}", remedy=remedy)
        else:
            yield ok(f"AWS Backup in {region} handles {', '.join(_KINDS)}")
