"""The adapter of boto3 for the checks, against moto, and stubs of what moto lacks."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from operate.checks.account import Concurrency, MailDomain, Parameter
from operate.checks.aws_account import AwsAccount
from operate.errors import OperateError
from tests.operate.checks.fakes import HERE

pytestmark = pytest.mark.slow


def stubbed(service: str, prepare: Callable[[Stubber], object]) -> AwsAccount:
    """Return an account with a stub of one service."""
    client = boto3.client(service, region_name=HERE)
    stubber = Stubber(client)
    prepare(stubber)
    stubber.activate()
    return AwsAccount(HERE, lambda _, __: client)


def answering(service: str, operation: str, answer: dict[str, Any]) -> AwsAccount:
    return stubbed(service, lambda stubber: stubber.add_response(operation, answer))


def test_it_lists_the_names_of_stacks() -> None:
    stacks = [{"StackName": "one", "StackStatus": "CREATE_COMPLETE", "CreationTime": datetime.now(UTC)}]

    assert answering("cloudformation", "describe_stacks", {"Stacks": stacks}).stack_names(HERE) == {"one"}


def test_it_finds_hosted_zones(aws: None) -> None:
    account = AwsAccount(HERE)
    made = boto3.client("route53").create_hosted_zone(Name="shop.io", CallerReference="1")
    zone = account.zone(made["HostedZone"]["Id"].rpartition("/")[2])

    assert zone is not None
    assert (zone.name, zone.is_private) == ("shop.io", False)
    assert zone.name_servers == set(made["DelegationSet"]["NameServers"])
    assert account.zone("ZUNKNOWN") is None


def test_it_reads_the_limits_of_lambda() -> None:
    limits = {"ConcurrentExecutions": 1000, "UnreservedConcurrentExecutions": 900}

    found = answering("lambda", "get_account_settings", {"AccountLimit": limits}).concurrency(HERE)

    assert found == Concurrency(limit=1000, unreserved=900)


def test_a_quota_is_the_account_s_own_or_else_the_default() -> None:
    def only_default(stubber: Stubber) -> None:
        stubber.add_client_error("get_service_quota", "NoSuchResourceException")
        stubber.add_response("get_aws_default_service_quota", {"Quota": {"Value": 6.0}})

    own = answering("service-quotas", "get_service_quota", {"Quota": {"Value": 20.0}})

    assert own.quota(HERE, "fargate", "L-3032A538") == 20
    assert stubbed("service-quotas", only_default).quota(HERE, "fargate", "L-3032A538") == 6


def test_it_reads_the_preferences_of_aws_backup() -> None:
    settings = {"ResourceTypeOptInPreference": {"S3": False}, "ResourceTypeManagementPreference": {"DynamoDB": True}}

    account = answering("backup", "describe_region_settings", settings)

    assert account.backup_preferences(HERE) == ({"S3": False}, {"DynamoDB": True})


def test_it_finds_the_prefix_lists_of_aws(aws: None) -> None:
    account = AwsAccount(HERE)
    lists = boto3.client("ec2", region_name=HERE).describe_managed_prefix_lists()["PrefixLists"]
    [s3] = [each["PrefixListId"] for each in lists if each["PrefixListName"] == "com.amazonaws.eu-west-1.s3"]

    assert account.prefix_list(HERE, "com.amazonaws.eu-west-1.s3") == s3
    with pytest.raises(OperateError, match=r"eu-west-1 has no prefix list com\.amazonaws\.eu-west-1\.nothing"):
        account.prefix_list(HERE, "com.amazonaws.eu-west-1.nothing")


def test_the_outputs_of_a_stack_are_read_and_a_missing_stack_has_none() -> None:
    output = {"OutputKey": "Domain", "OutputValue": "shop.io"}
    stacks = [
        {"StackName": name, "CreationTime": datetime(2026, 1, 1, tzinfo=UTC), "StackStatus": "CREATE_COMPLETE", **more}
        for name, more in (("platform-dev-network", {"Outputs": [output]}), ("platform-dev-users", {}))
    ]

    def prepare(stubber: Stubber) -> None:
        for _ in range(3):
            stubber.add_response("describe_stacks", {"Stacks": stacks})

    account = stubbed("cloudformation", prepare)

    assert account.outputs(HERE, "platform-dev-network") == {"Domain": "shop.io"}
    assert account.outputs(HERE, "platform-dev-users") == {}
    assert account.outputs(HERE, "platform-dev-nothing") == {}


def test_the_connected_slack_workspaces_of_all_pages_are_listed() -> None:
    def prepare(stubber: Stubber) -> None:
        for team, more in (("T0123ABCD", {"NextToken": "x" * 20}), ("T0124ABCD", {})):
            answer = {"SlackWorkspaces": [{"SlackTeamId": team, "SlackTeamName": team}], **more}
            stubber.add_response("describe_slack_workspaces", answer)

    assert stubbed("chatbot", prepare).slack_workspaces() == {"T0123ABCD", "T0124ABCD"}


@pytest.mark.parametrize("is_verified", [True, False])
def test_the_state_of_a_domain_in_ses_is_read(*, is_verified: bool) -> None:
    def prepare(stubber: Stubber) -> None:
        stubber.add_response("get_email_identity", {"VerifiedForSendingStatus": is_verified})
        stubber.add_response("get_account", {"ProductionAccessEnabled": True})

    found = stubbed("sesv2", prepare).mail_domain(HERE, "shop.io")

    assert found == MailDomain(is_verified=is_verified, sends_to_all=True)


def test_a_domain_that_ses_does_not_know_is_not_verified() -> None:
    def prepare(stubber: Stubber) -> None:
        stubber.add_client_error("get_email_identity", "NotFoundException")
        stubber.add_response("get_account", {"ProductionAccessEnabled": False})

    assert not stubbed("sesv2", prepare).mail_domain(HERE, "shop.io").is_verified


def test_a_parameter_of_ssm_has_its_type_and_a_missing_one_is_none() -> None:
    def prepare(stubber: Stubber) -> None:
        stubber.add_response("get_parameter", {"Parameter": {"Type": "String", "Value": "a@shop.io"}}, {"Name": "/a"})
        stubber.add_client_error("get_parameter", "ParameterNotFound")

    account = stubbed("ssm", prepare)

    assert account.parameter(HERE, "/a") == Parameter(type="String", value="a@shop.io")
    assert account.parameter(HERE, "/b") is None


def test_a_denied_request_raises() -> None:
    account = stubbed(
        "lambda", lambda stubber: stubber.add_client_error("get_account_settings", "AccessDeniedException")
    )

    with pytest.raises(ClientError, match="AccessDeniedException"):
        account.concurrency(HERE)
