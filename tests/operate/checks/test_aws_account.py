"""The account as boto3 tells it, against AWS as moto has it."""

from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from operate.checks.account import Account, Concurrency, Quota
from operate.checks.aws_account import AwsAccount
from tests.operate.checks.fakes import ACCOUNT, HERE, THERE

pytestmark = pytest.mark.slow


@pytest.fixture
def account(aws: None) -> Account:
    return AwsAccount(HERE)


def test_it_says_whose_it_is_and_which_regions_it_has(account: Account) -> None:
    assert account.identity() == ACCOUNT
    assert {HERE, THERE} <= set(account.enabled_regions())


def test_it_reads_parameters_region_by_region(account: Account) -> None:
    boto3.client("ssm", region_name=THERE).put_parameter(Name="/a", Value="6", Type="String")

    assert account.parameter(THERE, "/a") == "6"
    assert account.parameter(HERE, "/a") is None


def test_it_lists_stacks_with_their_states() -> None:
    stacks = [{"StackName": "one", "StackStatus": "CREATE_COMPLETE", "CreationTime": datetime.now(UTC)}]

    assert stubbed("cloudformation", ("describe_stacks", {"Stacks": stacks})).stacks(HERE) == {"one": "CREATE_COMPLETE"}


def test_it_knows_hosted_zones(account: Account) -> None:
    made = boto3.client("route53").create_hosted_zone(Name="shop.io", CallerReference="1")
    zone = account.zone(made["HostedZone"]["Id"].rpartition("/")[2])

    assert zone is not None
    assert (zone.name, zone.is_private) == ("shop.io", False)
    assert zone.name_servers == set(made["DelegationSet"]["NameServers"])
    assert account.zone("ZNOBODY") is None


def test_it_counts_what_a_network_is_made_of(account: Account) -> None:
    ec2 = boto3.client("ec2", region_name=HERE)
    before = account.count(HERE, "vpcs")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
    gateway = ec2.create_nat_gateway(SubnetId=subnet, AllocationId=ec2.allocate_address()["AllocationId"])

    assert account.count(HERE, "vpcs") == before + 1
    assert (account.count(HERE, "addresses"), account.count(HERE, "nat_gateways")) == (1, 1)
    ec2.delete_nat_gateway(NatGatewayId=gateway["NatGateway"]["NatGatewayId"])
    assert account.count(HERE, "nat_gateways") == 0


def test_it_knows_detectors_roles_and_prefix_lists(account: Account) -> None:
    assert account.detectors(HERE) == []
    detector = boto3.client("guardduty", region_name=HERE).create_detector(Enable=True)["DetectorId"]
    assert account.detectors(HERE) == [detector]

    assert not account.has_role("AWSServiceRoleForECS")
    boto3.client("iam").create_role(RoleName="AWSServiceRoleForECS", AssumeRolePolicyDocument="{}")
    assert account.has_role("AWSServiceRoleForECS")

    assert account.prefix_list(HERE, "com.amazonaws.eu-west-1.s3")
    assert account.prefix_list(HERE, "com.amazonaws.eu-west-1.nothing") is None


def test_it_knows_which_names_are_taken(account: Account) -> None:
    boto3.client("s3", region_name=HERE).create_bucket(
        Bucket="mine", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    boto3.client("logs", region_name=HERE).create_log_group(logGroupName="/aws/lambda/a-longer")
    boto3.client("dynamodb", region_name=HERE).create_table(
        TableName="t",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )

    assert (account.bucket_owner("mine"), account.bucket_owner("nobodys")) == ("own", None)
    assert account.has_log_group(HERE, "/aws/lambda/a-longer")
    # The beginning of another's name is free.
    assert not account.has_log_group(HERE, "/aws/lambda/a")
    assert (account.has_table(HERE, "t"), account.has_table(HERE, "u")) == (True, False)


def test_it_knows_the_limits_of_lambda() -> None:
    limits = {"ConcurrentExecutions": 1000, "UnreservedConcurrentExecutions": 900}

    found = stubbed("lambda", ("get_account_settings", {"AccountLimit": limits})).concurrency(HERE)

    assert found == Concurrency(limit=1000, unreserved=900)


def test_what_the_account_was_granted_stands_before_what_all_get() -> None:
    def quotas(**values: float) -> dict[str, list[dict[str, object]]]:
        return {
            "Quotas": [{"QuotaName": name, "QuotaCode": f"L-{name}", "Value": each} for name, each in values.items()]
        }

    account = stubbed(
        "service-quotas",
        ("list_aws_default_service_quotas", quotas(a=1, b=2)),
        ("list_service_quotas", quotas(b=20)),
    )

    assert account.quotas(HERE, "vpc") == {"a": Quota(code="L-a", value=1), "b": Quota(code="L-b", value=20)}


def test_it_knows_what_aws_backup_handles() -> None:
    account = stubbed("backup", ("describe_region_settings", {"ResourceTypeOptInPreference": {"S3": False}}))

    assert account.backed_up(HERE) == {"S3": False}


def test_it_knows_what_aws_backup_manages_by_itself() -> None:
    settings = {"ResourceTypeOptInPreference": {}, "ResourceTypeManagementPreference": {"DynamoDB": True}}

    assert stubbed("backup", ("describe_region_settings", settings)).managed_by_backup(HERE) == {"DynamoDB": True}


def test_it_knows_vaults_by_their_whole_names() -> None:
    vaults = {"BackupVaultList": [{"BackupVaultName": "platform-prod"}]}

    assert stubbed("backup", ("list_backup_vaults", vaults)).has_vault(HERE, "platform-prod")
    assert not stubbed("backup", ("list_backup_vaults", vaults)).has_vault(HERE, "platform")


def test_it_knows_the_analyzers_of_the_account() -> None:
    analyzer = {"arn": "a", "name": "theirs", "type": "ACCOUNT", "createdAt": datetime.now(UTC), "status": "ACTIVE"}

    assert stubbed("accessanalyzer", ("list_analyzers", {"analyzers": [analyzer]})).analyzers(HERE) == ["theirs"]


def test_another_s_bucket_is_told_from_nobody_s() -> None:
    for status, owner in ((403, "other"), (301, "other"), (404, None)):
        client = boto3.client("s3", region_name=HERE)
        stubber = Stubber(client)
        stubber.add_client_error("head_bucket", http_status_code=status)
        stubber.activate()
        assert AwsAccount(HERE, lambda _, __, client=client: client).bucket_owner("taken") == owner  # type: ignore[misc]


def test_what_it_may_not_is_raised() -> None:
    client = boto3.client("guardduty", region_name=HERE)
    stubber = Stubber(client)
    stubber.add_client_error("list_detectors", "AccessDeniedException")
    stubber.activate()

    with pytest.raises(ClientError, match="AccessDeniedException"):
        AwsAccount(HERE, lambda _, __: client).detectors(HERE)


def stubbed(service: str, *answers: tuple[str, dict[str, Any]]) -> AwsAccount:
    """Return an account whose one service answers so; moto has none of it."""
    make: Any = boto3.client
    client = make(service, region_name=HERE)
    stubber = Stubber(client)
    for operation, answer in answers:
        stubber.add_response(operation, answer)
    stubber.activate()
    return AwsAccount(HERE, lambda _, __: client)
