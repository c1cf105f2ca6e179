"""The backup stacks: a plan, locked vaults in two regions, and the tag that selects tables and buckets."""

from collections.abc import Sequence

from aws_cdk import ArnFormat, CfnOutput, Duration
from aws_cdk import aws_backup as backup
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from cdk.conventions.grant import only_on_aws
from cdk.conventions.removal import removal_of
from cdk.conventions.stack import PlatformStack
from cdk.conventions.suppressions import suppress_fn_join, suppress_nag
from cdk.conventions.tags import BACKUP_TAG
from cdk.conventions.trust import trust_own_account
from cdk.settings.environment import Environment
from cdk.settings.environment_sections import Backup
from cdk.settings.stack_names import SharedStack

# The permissions that AWS Backup needs for tables and buckets; AWS maintains the policies:
# https://docs.aws.amazon.com/aws-backup/latest/devguide/security-iam-awsmanpol.html
POLICIES = ("service-role/AWSBackupServiceRolePolicyForBackup", "AWSBackupServiceRolePolicyForS3Backup")
# A person starts a restore and passes its role to AWS Backup: docs/runbooks/restore.md.
RESTORE_POLICIES = ("service-role/AWSBackupServiceRolePolicyForRestores", "AWSBackupServiceRolePolicyForS3Restore")
# After midnight and before working hours in most of Europe.
HOUR_UTC = "2"


class VaultStack(PlatformStack):
    """A locked vault and its key, in one region."""

    def __init__(
        self, scope: Construct, construct_id: str, *, environment: Environment, settings: Backup, region: str
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            environment=environment,
            service="backup",
            description="The vault of backups.",
            region=region,
        )
        removal_policy = removal_of(environment)
        key = kms.Key(
            self,
            "Key",
            alias=f"{environment.prefix}-backup",
            description=f"Backups of {environment.name}.",
            enable_key_rotation=True,
            removal_policy=removal_policy,
        )
        suppress_fn_join(key)
        self.vault = backup.BackupVault(
            self,
            "Vault",
            backup_vault_name=environment.prefix,
            encryption_key=key,
            lock_configuration=backup.LockConfiguration(
                min_retention=Duration.days(settings.daily_kept_days),
                # In compliance mode the lock is final after this grace time, even for the account's root user.
                changeable_for=Duration.days(settings.compliance_after_days)
                if settings.compliance_after_days
                else None,
            ),
            removal_policy=removal_policy,
        )


class BackupStack(VaultStack):
    """The vault in the environment's region, the backup plan, and the copies to a second region."""

    def __init__(self, scope: Construct, construct_id: str, *, environment: Environment, settings: Backup) -> None:
        super().__init__(scope, construct_id, environment=environment, settings=settings, region=environment.region)
        plan = backup.BackupPlan(self, "Plan", backup_plan_name=environment.prefix, backup_vault=self.vault)
        for name, kept_days, day in (
            ("daily", settings.daily_kept_days, "*"),
            ("monthly", settings.monthly_kept_days, "1"),
        ):
            kept = Duration.days(kept_days)
            plan.add_rule(
                backup.BackupPlanRule(
                    rule_name=name,
                    schedule_expression=events.Schedule.cron(minute="0", hour=HOUR_UTC, day=day),
                    delete_after=kept,
                    copy_actions=self._copies(environment, settings, kept),
                )
            )
        role = self._role("Role", "creates backups", POLICIES)
        restores = self._role("RestoreRole", "restores backups", RESTORE_POLICIES)
        CfnOutput(self, "RestoreRoleArn", value=restores.role_arn)
        plan.add_selection(
            "Data",
            backup_selection_name="data",
            role=role,
            # Selected by a tag, so that a new service is backed up without a change here.
            resources=[backup.BackupResource.from_tag(BACKUP_TAG, environment.prefix)],
        )
        suppress_fn_join(plan)

    def _role(self, construct_id: str, purpose: str, policies: Sequence[str]) -> iam.Role:
        role = iam.Role(
            self,
            construct_id,
            assumed_by=iam.ServicePrincipal("backup.amazonaws.com"),
            description=f"AWS Backup {purpose} with it.",
            managed_policies=[iam.ManagedPolicy.from_aws_managed_policy_name(name) for name in policies],
        )
        trust_own_account(role)
        suppress_fn_join(role)
        only_on_aws(role, "AWS Backup assumes it; a laptop's data are copied with its folder.")
        for policy in policies:
            reason = "AWS maintains it with AWS Backup; only that service can assume the role."
            suppress_nag(role, {f"AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/{policy}]": reason})
        return role

    def _copies(
        self, environment: Environment, settings: Backup, kept: Duration
    ) -> list[backup.BackupPlanCopyActionProps]:
        if settings.copy_region is None:
            return []
        vault = self.format_arn(
            service="backup", region=settings.copy_region, resource="backup-vault", resource_name=environment.prefix,
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )  # fmt: skip
        there = backup.BackupVault.from_backup_vault_arn(self, f"There{kept.to_days()}", vault)
        return [backup.BackupPlanCopyActionProps(destination_backup_vault=there, delete_after=kept)]


def add_backup(scope: Construct, environment: Environment) -> None:
    """Add the vaults and the plan if the environment has backups."""
    settings = environment.backup
    if settings is None:
        return
    own = BackupStack(scope, SharedStack.BACKUP.of(environment), environment=environment, settings=settings)
    if settings.copy_region:
        name = SharedStack.BACKUP_COPIES.of(environment)
        copies = VaultStack(scope, name, environment=environment, settings=settings, region=settings.copy_region)
        own.add_dependency(copies, "Its plan names the vault there.")
