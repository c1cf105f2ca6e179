"""Reads an AWS account with boto3, and the public DNS with dnspython, for the checks."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

import boto3
import dns.exception
import dns.resolver
from botocore.config import Config

from operate.checks.account import Concurrency, MailDomain, Parameter, Zone
from operate.errors import OperateError

_CONFIG = Config(retries={"mode": "standard", "total_max_attempts": 3}, connect_timeout=3, read_timeout=10)
_DNS_LIFETIME_S = 5.0
# Its API has one set of settings an account, in four regions: https://docs.aws.amazon.com/general/latest/gr/chatbot.html
_CHATBOT_REGION = "us-west-2"


def _make_client(service: str, region: str) -> Any:  # noqa: ANN401 - boto3 creates its clients at run time
    return boto3.client(service, region_name=region, config=_CONFIG)


class AwsAccount:
    """The account of the shell's credentials, and the public DNS as this machine sees it.

    Args:
        region: The region of the clients of global services.
        make_client: Creates the client of a service in a region; boto3's by default.
    """

    def __init__(self, region: str, make_client: Callable[[str, str], Any] = _make_client) -> None:
        self._region = region
        self._client = make_client

    def stack_names(self, region: str) -> Collection[str]:
        """Return the names of the deployed stacks."""
        pages = self._client("cloudformation", region).get_paginator("describe_stacks").paginate()
        return {stack["StackName"] for page in pages for stack in page["Stacks"]}

    def outputs(self, region: str, stack: str) -> Mapping[str, str]:
        """Return the outputs of a stack, by name; a stack that is not deployed has none."""
        pages = self._client("cloudformation", region).get_paginator("describe_stacks").paginate()
        found = (each for page in pages for each in page["Stacks"] if each["StackName"] == stack)
        return {output["OutputKey"]: output["OutputValue"] for each in found for output in each.get("Outputs", ())}

    def mail_domain(self, region: str, domain: str) -> MailDomain:
        """Return the state of a domain in SES."""
        client = self._client("sesv2", region)
        try:
            verified = client.get_email_identity(EmailIdentity=domain)["VerifiedForSendingStatus"]
        except client.exceptions.NotFoundException:
            verified = False
        return MailDomain(is_verified=verified, sends_to_all=client.get_account()["ProductionAccessEnabled"])

    def parameter(self, region: str, name: str) -> Parameter | None:
        """Return a parameter of SSM, or None if it does not exist."""
        client = self._client("ssm", region)
        try:
            found = client.get_parameter(Name=name)["Parameter"]
        except client.exceptions.ParameterNotFound:
            return None
        return Parameter(type=found["Type"], value=found["Value"])

    def slack_workspaces(self) -> Collection[str]:
        """Return the ids of the Slack workspaces that are connected to the account."""
        client = self._client("chatbot", _CHATBOT_REGION)
        pages = client.get_paginator("describe_slack_workspaces").paginate()
        return {workspace["SlackTeamId"] for page in pages for workspace in page["SlackWorkspaces"]}

    def zone(self, zone_id: str) -> Zone | None:
        """Return a hosted zone, or None if it does not exist."""
        client = self._client("route53", self._region)
        try:
            found = client.get_hosted_zone(Id=zone_id)
        except (client.exceptions.NoSuchHostedZone, client.exceptions.InvalidInput):
            return None
        servers = found.get("DelegationSet", {}).get("NameServers", ())
        return Zone(
            name=found["HostedZone"]["Name"].rstrip("."),
            name_servers=frozenset(server.rstrip(".").lower() for server in servers),
            is_private=bool(found["HostedZone"].get("Config", {}).get("PrivateZone", False)),
        )

    def name_servers(self, domain: str) -> frozenset[str]:
        """Return the name servers to which the public DNS delegates a domain."""
        try:
            answer = dns.resolver.resolve(domain, "NS", lifetime=_DNS_LIFETIME_S)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return frozenset()
        except dns.exception.DNSException as error:
            raise OperateError(f"the DNS does not answer for {domain}: {error}") from error
        return frozenset(str(record.target).rstrip(".").lower() for record in answer)

    def concurrency(self, region: str) -> Concurrency:
        """Return the limits of concurrent Lambda invocations."""
        limits = self._client("lambda", region).get_account_settings()["AccountLimit"]
        unreserved = limits["UnreservedConcurrentExecutions"]
        return Concurrency(limit=limits["ConcurrentExecutions"], unreserved=unreserved)

    def quota(self, region: str, service: str, code: str) -> float:
        """Return a service quota: the account's own value, or AWS's default."""
        client = self._client("service-quotas", region)
        try:
            found = client.get_service_quota(ServiceCode=service, QuotaCode=code)
        except client.exceptions.NoSuchResourceException:
            found = client.get_aws_default_service_quota(ServiceCode=service, QuotaCode=code)
        return float(found["Quota"]["Value"])

    def backup_preferences(self, region: str) -> tuple[Mapping[str, bool], Mapping[str, bool]]:
        """Return AWS Backup's opt-in and its full management, each by kind of resource."""
        found = self._client("backup", region).describe_region_settings()
        return found["ResourceTypeOptInPreference"], found.get("ResourceTypeManagementPreference", {})

    def prefix_list(self, region: str, name: str) -> str:
        """Return the id of a prefix list that AWS manages."""
        wanted = [{"Name": "prefix-list-name", "Values": [name]}]
        found = self._client("ec2", region).describe_managed_prefix_lists(Filters=wanted)["PrefixLists"]
        if not found:
            raise OperateError(f"{region} has no prefix list {name}")
        return str(found[0]["PrefixListId"])
