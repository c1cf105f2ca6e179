"""The check of AWS Backup's settings."""

import pytest

from operate.checks.backups import check_backups
from tests.operate.checks.fakes import HERE, THERE, FakeAccount, target

BOTH = {"DynamoDB": True, "S3": True}


def test_aws_backup_must_handle_and_manage_every_kind_in_both_regions() -> None:
    findings = list(check_backups(target(backup={"copy_region": THERE}), FakeAccount(backup=BOTH, managed=BOTH)))

    assert [
        (finding.state, region in finding.text) for finding, region in zip(findings, (HERE, THERE), strict=True)
    ] == [
        ("ok", True),
        ("ok", True),
    ]


@pytest.mark.parametrize(
    ("account", "options"),
    [
        (FakeAccount(backup={"DynamoDB": True}, managed=BOTH), "--resource-type-opt-in-preference S3=true"),
        (FakeAccount(backup=BOTH), "--resource-type-management-preference DynamoDB=true"),
        (
            FakeAccount(backup={"S3": True}),
            "--resource-type-opt-in-preference DynamoDB=true --resource-type-management-preference DynamoDB=true",
        ),
    ],
)
def test_the_remedy_is_one_command_for_all_missing_settings(account: FakeAccount, options: str) -> None:
    [finding] = check_backups(target(backup={}), account)

    assert finding.state == "problem"
    assert finding.remedy == f"aws backup update-region-settings --region {HERE} {options}"


def test_an_environment_without_backups_needs_no_settings() -> None:
    assert list(check_backups(target(backup=None), FakeAccount())) == []
