"""The deletion of an environment: refusals, emptied buckets, the order of stacks, and held backups."""

import io
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import WaiterError

from cdk.settings.environment import Environment, load_environment
from operate.cli import main
from operate.commands.destroy import Destruction, confirmed, refuse_retained, summary
from operate.deployed.retained import LEFT_BY_DESTROY, REASONS
from operate.deployed.stacks import DeployedStack, find_stacks, log_groups_beside
from operate.errors import OperateError
from operate.progress import Progress
from operate.target import CHECKOUT
from tests.operate.checks.fakes import HERE, THERE
from tests.operate.deployed.vaults import FakeBackup

BUCKET = "platform-dev-files"
CREATED = datetime(2026, 11, 1, tzinfo=UTC)


class FakeCloudFormation:
    """Deployed stacks with their resources, each created a day after the one before.

    Attributes:
        failures: The number of deletions that fail first, by stack.
        late_logs: The log group that AWS writes during a deletion, by stack.
    """

    def __init__(self, **stacks: dict[str, str]) -> None:
        self.stacks = {name.replace("_", "-"): resources for name, resources in stacks.items()}
        self.created = {name: CREATED + timedelta(days=number) for number, name in enumerate(self.stacks)}
        self.protected: set[str] = set()
        self.failures: dict[str, int] = {}
        self.late_logs: dict[str, str] = {}
        self.deleted: list[str] = []

    def get_paginator(self, operation: str) -> "FakePaginator":
        return FakePaginator(self, operation)

    def delete_stack(self, *, StackName: str) -> None:  # noqa: N803 - as boto3 names it
        s3 = boto3.client("s3", region_name=HERE)
        buckets = [name for name, kind in self.stacks[StackName].items() if kind == "AWS::S3::Bucket"]
        assert not any(s3.list_object_versions(Bucket=bucket).get("Versions") for bucket in buckets)
        if self.failures.get(StackName):
            # As a load balancer does while CloudFormation deletes its stack.
            for bucket in buckets:
                s3.put_object(Bucket=bucket, Key="late.log", Body=b"")
        else:
            if StackName in self.late_logs:
                boto3.client("logs", region_name=HERE).create_log_group(logGroupName=self.late_logs[StackName])
            self.deleted.append(StackName)
            self.stacks.pop(StackName)

    def get_waiter(self, _: str) -> "FakeCloudFormation":
        return self

    def wait(self, *, StackName: str, **_: Any) -> None:  # noqa: N803 - as boto3 names it
        if StackName in self.stacks:
            self.failures[StackName] -= 1
            raise WaiterError("stack_delete_complete", "DELETE_FAILED", {})

    def describe_stack_events(self, *, StackName: str) -> dict[str, Any]:  # noqa: N803 - as boto3 names it
        event = {"ResourceStatus": "DELETE_FAILED", "ResourceStatusReason": f"{StackName} is in use"}
        return {"StackEvents": [event, {"ResourceStatus": "DELETE_IN_PROGRESS"}]}


class FakePaginator:
    def __init__(self, cloudformation: FakeCloudFormation, operation: str) -> None:
        self._cloudformation, self._operation = cloudformation, operation

    def paginate(self, *, StackName: str = "") -> Sequence[dict[str, Any]]:  # noqa: N803 - as boto3 names it
        fake = self._cloudformation
        if self._operation == "describe_stacks":
            return [
                {
                    "Stacks": [
                        {
                            "StackName": name,
                            "CreationTime": fake.created[name],
                            "EnableTerminationProtection": name in fake.protected,
                        }
                    ]
                }
                for name in fake.stacks
            ]
        listed = [{"ResourceType": kind, "PhysicalResourceId": name} for name, kind in fake.stacks[StackName].items()]
        return [{"StackResourceSummaries": [*listed, {"ResourceType": "AWS::SQS::Queue"}]}]


def destroy(cloudformation: FakeCloudFormation, backup: FakeBackup | None = None) -> list[str]:
    """Delete dev from a fake CloudFormation and an AWS in this process; return the held backups."""

    def client(service: str, region: str) -> Any:
        fakes = {"cloudformation": cloudformation, "backup": backup}
        return fakes[service] if service in fakes else boto3.client(service, region_name=region)

    destruction = Destruction(environment=load_environment("dev"), clients=client, progress=Progress(io.StringIO()))
    return destruction.run(destruction.find())


@pytest.fixture
def bucket(aws: None) -> None:
    s3 = boto3.client("s3", region_name=HERE)
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    s3.put_object(Bucket=BUCKET, Key="a", Body=b"1")


def create_log_groups(*names: str) -> None:
    for name in names:
        boto3.client("logs", region_name=HERE).create_log_group(logGroupName=name)


def log_groups() -> list[str]:
    found = boto3.client("logs", region_name=HERE).describe_log_groups()["logGroups"]
    return [group["logGroupName"] for group in found]


def test_buckets_are_emptied_and_the_log_groups_beside_the_stacks_deleted(bucket: None) -> None:
    create_log_groups("/aws/lambda/provider", "/aws/ecs/containerinsights/platform-dev/performance", "/another/s")
    resources = {BUCKET: "AWS::S3::Bucket", "provider": "AWS::Lambda::Function", "platform-dev": "AWS::ECS::Cluster"}
    cloudformation = FakeCloudFormation(platform_dev_things=resources)

    destroy(cloudformation)

    assert cloudformation.stacks == {}
    assert log_groups() == ["/another/s"]


def test_log_groups_are_deleted_with_their_stack_so_that_a_failed_run_leaves_only_those_of_remaining_stacks(
    bucket: None,
) -> None:
    create_log_groups("/aws/lambda/in-things", "/aws/lambda/in-more")
    cloudformation = FakeCloudFormation(
        platform_dev_things={BUCKET: "AWS::S3::Bucket", "in-things": "AWS::Lambda::Function"},
        platform_dev_more={"in-more": "AWS::Lambda::Function"},
    )
    cloudformation.failures = {"platform-dev-things": 3}

    with pytest.raises(OperateError, match="platform-dev-things"):
        destroy(cloudformation)
    assert log_groups() == ["/aws/lambda/in-things"]

    destroy(cloudformation)
    assert log_groups() == []


def test_a_log_group_that_is_written_after_its_stack_was_deleted_is_deleted_in_the_end(aws: None) -> None:
    function = {"provider": "AWS::Lambda::Function"}
    cloudformation = FakeCloudFormation(platform_dev_older={}, platform_dev_newer=function)
    cloudformation.late_logs = {"platform-dev-older": "/aws/lambda/provider"}

    destroy(cloudformation)

    assert cloudformation.deleted == ["platform-dev-newer", "platform-dev-older"]
    assert log_groups() == []


def test_a_bucket_that_gets_objects_meanwhile_is_emptied_again(bucket: None) -> None:
    cloudformation = FakeCloudFormation(platform_dev_things={BUCKET: "AWS::S3::Bucket"})
    cloudformation.failures = {"platform-dev-things": 2}

    destroy(cloudformation)

    assert cloudformation.stacks == {}


def test_stacks_that_remain_after_three_attempts_are_named_with_the_reasons(bucket: None) -> None:
    cloudformation = FakeCloudFormation(platform_dev_things={BUCKET: "AWS::S3::Bucket"})
    cloudformation.failures = {"platform-dev-things": 9}

    with pytest.raises(OperateError, match=r"could not delete these stacks:\n  platform-dev-things: .* is in use"):
        destroy(cloudformation)


def test_the_newest_stack_is_deleted_first_and_stacks_in_use_are_tried_again(aws: None) -> None:
    cloudformation = FakeCloudFormation(platform_dev_a={}, platform_dev_b={}, platform_dev_c={}, platform_dev_d={})
    cloudformation.failures = {"platform-dev-d": 1, "platform-dev-c": 1}

    destroy(cloudformation)

    assert [name[-1] for name in cloudformation.deleted] == ["b", "a", "c", "d"]


def with_a_vault() -> FakeCloudFormation:
    """Stacks with a bucket and with a backup vault."""
    return FakeCloudFormation(
        platform_dev_things={BUCKET: "AWS::S3::Bucket"},
        platform_dev_backup={"platform-dev": "AWS::Backup::BackupVault"},
    )


def test_a_held_backup_keeps_only_the_stacks_with_vaults_and_is_listed(bucket: None) -> None:
    cloudformation = with_a_vault()

    held = destroy(cloudformation, FakeBackup(held="arn:2"))

    assert list(cloudformation.stacks) == ["platform-dev-backup"]
    assert held == ["platform-dev-backup in eu-west-1: 1 backups in the vault platform-dev, until 2027-01-31"]
    # Later the lock has ended.
    assert destroy(cloudformation, FakeBackup()) == []
    assert cloudformation.stacks == {}


def test_vaults_without_held_backups_are_emptied_and_deleted_last(bucket: None) -> None:
    cloudformation = with_a_vault()

    assert destroy(cloudformation, FakeBackup()) == []
    assert cloudformation.deleted == ["platform-dev-things", "platform-dev-backup"]


@pytest.mark.parametrize(
    ("backup", "stacks", "warns"),
    [
        (None, ["backup"], True),
        ({"copy_region": None}, ["backup"], True),
        ({"copy_region": THERE}, ["backup"], False),
        (None, ["backup", "backup_copies"], False),
        (None, ["things"], False),
    ],
)
def test_backup_copies_that_the_file_no_longer_names_are_named_in_a_warning(
    backup: dict[str, Any] | None, stacks: list[str], warns: bool
) -> None:
    stream, cloudformation = io.StringIO(), FakeCloudFormation(**{f"platform_dev_{name}": {} for name in stacks})
    environment = Environment.model_validate({**load_environment("dev").model_dump(), "backup": backup})

    Destruction(environment=environment, clients=lambda _, __: cloudformation, progress=Progress(stream)).find()

    warning = "platform-dev-backup-copies stays in that region, with its vault, the copied backups and their key."
    assert (warning in stream.getvalue()) is warns


def test_other_environments_stay(aws: None) -> None:
    cloudformation = FakeCloudFormation(platform_dev_things={}, platform_dev2_things={}, other={})

    destroy(cloudformation)

    assert set(cloudformation.stacks) == {"platform-dev2-things", "other"}


def test_an_environment_that_retains_its_data_is_refused_with_the_reasons(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["destroy", "--environment", "prod", "--yes", "prod"]) == 1

    printed = capsys.readouterr().err
    assert "prod has `removal: retain`" in printed
    assert f"  AWS::DynamoDB::Table: {REASONS['AWS::DynamoDB::Table']}" in printed
    refuse_retained(load_environment("dev"))


def test_a_stack_that_was_deployed_with_protection_is_refused_whatever_the_file_says_now() -> None:
    cloudformation = FakeCloudFormation(platform_dev_things={})
    cloudformation.protected.add("platform-dev-things")

    with pytest.raises(OperateError, match=r"deployed with protection from deletion: platform-dev-things"):
        destroy(cloudformation)


def test_stacks_are_found_with_the_names_of_their_resources() -> None:
    [found] = find_stacks(FakeCloudFormation(platform_dev_a={"b": "AWS::S3::Bucket"}), HERE, "platform-dev")
    function = DeployedStack(name="a", region=HERE, created_at=CREATED, resources={"AWS::Lambda::Function": ("f",)})

    assert found.name == "platform-dev-a"
    assert (found.of_type("AWS::S3::Bucket"), found.of_type("AWS::SQS::Queue")) == (("b",), ())
    assert log_groups_beside(function) == ["/aws/lambda/f"]


def test_only_the_name_is_a_confirmation() -> None:
    assert confirmed("dev", "dev")
    assert not confirmed("dev", "yes")
    assert not confirmed("dev", "")


def test_without_a_terminal_the_name_must_be_on_the_command_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("dev\n"))

    with pytest.raises(OperateError, match=r"In a script: make destroy environment=dev yes=dev"):
        confirmed("dev", None)


def test_the_local_platform_has_another_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["destroy", "--yes", "local"]) == 1
    assert "make reset" in capsys.readouterr().err


def test_the_page_lists_every_retained_resource_and_everything_that_stays() -> None:
    page = (CHECKOUT / "docs" / "deploy.md").read_text("utf-8")

    for kind, reason in REASONS.items():
        assert f"| `{kind}` | {reason} |" in page
    for what, reason in LEFT_BY_DESTROY.items():
        assert f"| {what} | {reason} |" in page


def test_the_report_names_the_stacks_that_held_backups_keep() -> None:
    whole, partial = summary("dev", []), summary("dev", ["platform-dev-backup in eu-west-1: until 2027-01-31"])

    assert whole.startswith("dev is deleted. ")
    assert "locks" not in whole
    assert partial.startswith("dev is deleted, except the stacks with vaults. ")
    assert partial.endswith("  platform-dev-backup in eu-west-1: until 2027-01-31\n")
