"""The end of an environment: what is refused, what is emptied, and what nobody leaves behind."""

import io
from collections.abc import Sequence
from typing import Any, ClassVar

import boto3
import pytest

from operate.checks.plan import Plan
from operate.cli import main
from operate.commands.destroy import Destruction, confirmed
from operate.deployed.retained import OTHERS, REASONS, retained
from operate.deployed.stacks import Deployed, find_deployed, logs_beside
from operate.deployed.synthesis import Stack
from operate.errors import OperateError
from operate.progress import Progress
from operate.target import CHECKOUT
from tests.operate.checks.fakes import HERE, plan
from tests.operate.deployed.test_emptying import FakeBackup
from tests.operate.pricing.resources import stack

BUCKET = "platform-dev-files"


class FakeCloudFormation:
    """Stacks with their resources, which go as they are deleted."""

    exceptions: ClassVar[type] = Exception

    def __init__(self, **stacks: dict[str, str]) -> None:
        self.stacks = {name.replace("_", "-"): resources for name, resources in stacks.items()}
        self.protected: set[str] = set()
        self.deleted: list[str] = []

    def get_paginator(self, operation: str) -> "FakePaginator":
        return FakePaginator(self, operation)

    def delete_stack(self, *, StackName: str) -> None:  # noqa: N803 - as boto3 names it
        self.deleted.append(StackName)
        self.stacks.pop(StackName)

    def get_waiter(self, _: str) -> "FakeCloudFormation":
        return self

    def wait(self, **_: Any) -> None:
        pass


class FakePaginator:
    def __init__(self, cloudformation: FakeCloudFormation, operation: str) -> None:
        self._cloudformation, self._operation = cloudformation, operation

    def paginate(self, *, StackName: str = "") -> list[dict[str, Any]]:  # noqa: N803 - as boto3 names it
        if self._operation == "describe_stacks":
            guarded = self._cloudformation.protected
            names = self._cloudformation.stacks
            return [{"Stacks": [{"StackName": name, "EnableTerminationProtection": name in guarded}]} for name in names]
        resources = self._cloudformation.stacks[StackName].items()
        listed = [{"ResourceType": kind, "PhysicalResourceId": name} for name, kind in resources]
        return [{"StackResourceSummaries": [*listed, {"ResourceType": "AWS::SQS::Queue"}]}]


class Ending:
    """A destruction on a fake of CloudFormation, an AWS in this process, and a CDK that deletes what it knows."""

    def __init__(
        self,
        cloudformation: FakeCloudFormation,
        *stacks: Stack,
        failures: int = 0,
        backup: FakeBackup | None = None,
    ) -> None:
        self.cloudformation, self.failures, self.backup = cloudformation, failures, backup
        self.calls: list[Sequence[str]] = []
        self.stream = io.StringIO()
        self.plan: Plan = plan(*stacks)
        self.destruction = Destruction(
            plan=self.plan, clients=self._client, cdk=self._cdk, progress=Progress(self.stream)
        )

    def _client(self, service: str, region: str) -> Any:
        if service == "cloudformation":
            return self.cloudformation
        if service == "backup":
            return self.backup
        make: Any = boto3.client
        return make(service, region_name=region)

    def _cdk(self, words: Sequence[str]) -> int:
        self.calls.append(words)
        s3 = boto3.client("s3", region_name=HERE)
        there = {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}
        assert not any(s3.list_object_versions(Bucket=bucket).get("Versions") for bucket in there)
        if self.failures:
            self.failures -= 1
            # As a load balancer does, while its stack is being deleted.
            s3.put_object(Bucket=BUCKET, Key="late.log", Body=b"")
            return 1
        for known in self.plan.stacks:
            if "--all" in words or known.name in words:
                self.cloudformation.stacks.pop(known.name, None)
        return 0


@pytest.fixture
def bucket(aws: None) -> None:
    s3 = boto3.client("s3", region_name=HERE)
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    s3.put_object(Bucket=BUCKET, Key="a", Body=b"1")


def logs() -> Any:
    return boto3.client("logs", region_name=HERE)


def test_buckets_are_empty_when_the_cdk_deletes_and_the_logs_that_aws_made_go_too(bucket: None) -> None:
    for name in ("/aws/lambda/provider", "/aws/ecs/containerinsights/platform-dev/performance", "/another/s"):
        logs().create_log_group(logGroupName=name)
    resources = {BUCKET: "AWS::S3::Bucket", "provider": "AWS::Lambda::Function", "platform-dev": "AWS::ECS::Cluster"}
    ending = Ending(FakeCloudFormation(platform_dev_things=resources), stack({}))

    ending.destruction.run(ending.destruction.find())

    assert ending.calls == [("destroy", "--all", "--force", "--context", "environment=dev")]
    assert [group["logGroupName"] for group in logs().describe_log_groups()["logGroups"]] == ["/another/s"]


def test_what_is_written_meanwhile_is_emptied_again(bucket: None) -> None:
    ending = Ending(FakeCloudFormation(platform_dev_things={BUCKET: "AWS::S3::Bucket"}), stack({}), failures=2)

    ending.destruction.run(ending.destruction.find())

    assert len(ending.calls) == 3


def test_stacks_that_stay_after_three_attempts_are_named(bucket: None) -> None:
    ending = Ending(FakeCloudFormation(platform_dev_things={BUCKET: "AWS::S3::Bucket"}), stack({}), failures=9)

    with pytest.raises(OperateError, match=r"These stacks are left: platform-dev-things\."):
        ending.destruction.run(ending.destruction.find())


def test_a_service_whose_folder_is_gone_goes_before_the_others(bucket: None) -> None:
    there = FakeCloudFormation(platform_dev_things={}, platform_dev_gone={BUCKET: "AWS::S3::Bucket"})
    ending = Ending(there, stack({}))

    ending.destruction.run(ending.destruction.find())

    assert there.deleted == ["platform-dev-gone"]
    assert there.stacks == {}


def with_a_vault(held: str | None) -> Ending:
    """An environment with a bucket, and with a vault that may hold a backup."""
    stacks = {
        "platform_dev_backup": {"platform-dev": "AWS::Backup::BackupVault"},
        "platform_dev_things": {BUCKET: "AWS::S3::Bucket"},
    }
    vault = Stack(name="platform-dev-backup", region=HERE, template={})
    return Ending(FakeCloudFormation(**stacks), vault, stack({}), backup=FakeBackup(held))


def test_all_but_the_vaults_goes_where_a_lock_holds_backups_and_what_stays_is_listed_until_when(bucket: None) -> None:
    ending = with_a_vault(held="arn:2")

    left = ending.destruction.run(ending.destruction.find())

    assert list(ending.cloudformation.stacks) == ["platform-dev-backup"]
    assert left == ["platform-dev-backup in eu-west-1: 1 backups in the vault platform-dev, until 2027-01-31"]
    # A day later, nothing else being there any more.
    ending.backup = FakeBackup()
    assert ending.destruction.run(ending.destruction.find()) == []
    assert ending.cloudformation.stacks == {}


def test_vaults_that_nothing_holds_are_emptied_and_go_last(bucket: None) -> None:
    ending = with_a_vault(held=None)

    assert ending.destruction.run(ending.destruction.find()) == []

    context = ("--exclusively", "--force", "--context", "environment=dev")
    assert ending.calls == [
        ("destroy", "platform-dev-things", *context),
        ("destroy", "platform-dev-backup", *context),
    ]
    assert ending.cloudformation.stacks == {}


def test_other_environments_are_nobody_s_business_here(aws: None) -> None:
    there = FakeCloudFormation(platform_dev_things={}, platform_dev2_things={}, other={})
    ending = Ending(there, stack({}))

    ending.destruction.run(ending.destruction.find())

    assert set(there.stacks) == {"platform-dev2-things", "other"}


def test_an_environment_that_keeps_its_data_is_refused_with_what_would_remain() -> None:
    kept = {"Resources": {"T": {"Type": "AWS::DynamoDB::Table", "DeletionPolicy": "Retain"}}}
    ending = Ending(FakeCloudFormation(), Stack(name="s", region=HERE, template=kept, is_protected=True))

    with pytest.raises(OperateError) as refused:
        ending.destruction.refuse_what_is_kept()

    assert "dev keeps its data: 1 stacks are protected from deletion" in str(refused.value)
    assert "  1 × AWS::DynamoDB::Table: it is the data" in str(refused.value)
    Ending(FakeCloudFormation(), stack({})).destruction.refuse_what_is_kept()


def test_what_was_deployed_as_protected_is_refused_whatever_the_file_says_now() -> None:
    there = FakeCloudFormation(platform_dev_things={})
    there.protected.add("platform-dev-things")

    with pytest.raises(OperateError, match=r"protected from deletion as they were deployed: platform-dev-things"):
        Ending(there, stack({})).destruction.find()


def test_stacks_are_found_with_the_names_of_what_is_in_them() -> None:
    [found] = find_deployed(FakeCloudFormation(platform_dev_a={"b": "AWS::S3::Bucket"}), HERE, "platform-dev")

    assert (found.name, found.of_type("AWS::S3::Bucket"), found.of_type("AWS::SQS::Queue")) == (
        "platform-dev-a",
        ("b",),
        (),
    )
    assert logs_beside([Deployed(name="a", region=HERE, resources={"AWS::Lambda::Function": ("f",)})]) == [
        (HERE, "/aws/lambda/f")
    ]


def test_only_the_name_itself_is_a_confirmation() -> None:
    assert confirmed("dev", "dev")
    assert not confirmed("dev", "yes")
    assert not confirmed("dev", "")


def test_nobody_is_asked_where_there_is_no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("dev\n"))

    with pytest.raises(OperateError, match=r"In a script: make destroy environment=dev yes=dev"):
        confirmed("dev", None)


def test_the_laptop_is_wiped_by_another_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["destroy", "--yes", "local"]) == 1
    assert "make reset" in capsys.readouterr().err


def test_every_reason_to_keep_something_and_all_that_is_left_is_in_the_docs() -> None:
    page = (CHECKOUT / "docs" / "deploy.md").read_text("utf-8")

    for kind, reason in REASONS.items():
        assert f"| `{kind}` | {reason} |" in page
    for what, why in OTHERS.items():
        assert f"| {what} | {why} |" in page


def test_retained_resources_are_counted_by_type() -> None:
    resources = {
        "A": {"Type": "AWS::S3::Bucket", "DeletionPolicy": "Retain"},
        "B": {"Type": "AWS::S3::Bucket", "DeletionPolicy": "Delete"},
        "C": {"Type": "AWS::KMS::Key", "DeletionPolicy": "RetainExceptOnCreate"},
    }

    assert retained([Stack(name="s", region=HERE, template={"Resources": resources})]) == {
        "AWS::S3::Bucket": 1,
        "AWS::KMS::Key": 1,
    }
