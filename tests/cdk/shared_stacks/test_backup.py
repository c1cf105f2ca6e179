"""Backups: selection, schedule, copies, and locks."""

import json

from cdk.settings.environment import Environment
from cdk.settings.environment_sections import Backup
from tests.cdk.templates import Assembly, Synthesize


def test_tables_and_buckets_are_backed_up_daily_and_monthly_with_a_copy_elsewhere(assembly: Assembly) -> None:
    template = assembly.stack("platform-prod-backup")
    rules = template.only("AWS::Backup::BackupPlan")["BackupPlan"]["BackupPlanRule"]

    assert {rule["RuleName"]: rule["Lifecycle"]["DeleteAfterDays"] for rule in rules} == {"daily": 35, "monthly": 365}
    assert [rule["ScheduleExpression"] for rule in rules] == ["cron(0 2 * * ? *)", "cron(0 2 1 * ? *)"]
    for rule in rules:
        [copy] = rule["CopyActions"]
        assert "backup:eu-central-1:" in json.dumps(copy["DestinationBackupVaultArn"])
        assert json.dumps(copy["DestinationBackupVaultArn"]).endswith(':backup-vault:platform-prod"]]}')
        assert copy["Lifecycle"] == rule["Lifecycle"]
    selection = template.only("AWS::Backup::BackupSelection")["BackupSelection"]
    assert "Resources" not in selection
    assert selection["ListOfTags"] == [
        {"ConditionKey": "backup", "ConditionType": "STRINGEQUALS", "ConditionValue": "platform-prod"}
    ]


def test_every_table_and_bucket_of_a_service_has_the_tag_that_selects_it_for_backup(assembly: Assembly) -> None:
    for name in ("albums", "ledger", "orders"):
        for environment, expected in (("dev", None), ("prod", "platform-prod")):
            template = assembly.stack(f"platform-{environment}-{name}")
            kept = [*template.resources("AWS::DynamoDB::Table"), *template.resources("AWS::S3::Bucket")]
            assert kept
            for properties in kept:
                assert {tag["Key"]: tag["Value"] for tag in properties["Tags"]}.get("backup") == expected


def test_both_vaults_are_locked_encrypted_and_kept(assembly: Assembly) -> None:
    for name in ("platform-prod-backup", "platform-prod-backup-copies"):
        template = assembly.stack(name)
        [vault] = template.whole("AWS::Backup::BackupVault")
        key = template.logical_id("AWS::KMS::Key")
        assert vault["Properties"]["BackupVaultName"] == "platform-prod"
        assert vault["Properties"]["LockConfiguration"] == {"MinRetentionDays": 35}
        assert vault["Properties"]["EncryptionKeyArn"] == {"Fn::GetAtt": [key, "Arn"]}
        assert vault["DeletionPolicy"] == "RetainExceptOnCreate"
    manifest = json.loads((assembly.folder / "manifest.json").read_text("utf-8"))["artifacts"]
    assert manifest["platform-prod-backup-copies"]["environment"].endswith("/eu-central-1")
    assert "platform-prod-backup-copies" in manifest["platform-prod-backup"]["dependencies"]


def test_a_restore_has_a_role_of_its_own(assembly: Assembly) -> None:
    template = assembly.stack("platform-prod-backup")
    attached = {
        name: {json.dumps(policy).rpartition("policy/")[2].rstrip('"]}') for policy in role["ManagedPolicyArns"]}
        for role in template.resources("AWS::IAM::Role")
        for name in [role["Description"]]
    }
    [output] = [value for key, value in template.content["Outputs"].items() if key == "RestoreRoleArn"]
    [restores] = [key for key, role in template.content["Resources"].items()
                  if role["Type"] == "AWS::IAM::Role" and "restores" in role["Properties"]["Description"]]  # fmt: skip

    assert attached == {
        "AWS Backup creates backups with it.": {
            "service-role/AWSBackupServiceRolePolicyForBackup",
            "AWSBackupServiceRolePolicyForS3Backup",
        },
        "AWS Backup restores backups with it.": {
            "service-role/AWSBackupServiceRolePolicyForRestores",
            "AWSBackupServiceRolePolicyForS3Restore",
        },
    }
    assert output["Value"] == {"Fn::GetAtt": [restores, "Arn"]}


def test_only_an_environment_with_backups_in_its_file_has_them(assembly: Assembly) -> None:
    assert {name for name in assembly.stacks() if "-backup" in name} == {
        "platform-prod-backup",
        "platform-prod-backup-copies",
    }


def test_a_lock_in_compliance_mode_and_no_second_region(synthesize: Synthesize, dev: Environment) -> None:
    settings = Backup(compliance_after_days=3)
    environment = dev.model_copy(update={"backup": settings})

    stacks = synthesize([], [environment]).stacks()

    assert "platform-dev-backup-copies" not in stacks
    template = stacks["platform-dev-backup"]
    locked = template.only("AWS::Backup::BackupVault")["LockConfiguration"]
    assert locked == {"MinRetentionDays": 35, "ChangeableForDays": 3}
    rules = template.only("AWS::Backup::BackupPlan")["BackupPlan"]["BackupPlanRule"]
    assert not [rule for rule in rules if rule.get("CopyActions")]
