"""What checks ask of an AWS account and of the public DNS: the adapter of boto3 and dnspython."""

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cache
from typing import Any

import boto3
import dns.resolver
from botocore.config import Config
from botocore.exceptions import ClientError

from operate.checks.account import Concurrency, Quota, Zone

# Nobody waits longer than this for an answer that does not come.
_CONFIG = Config(retries={"mode": "standard", "total_max_attempts": 3}, connect_timeout=3, read_timeout=10)
_DNS_LIFETIME_S = 5.0
_MOVED, _FORBIDDEN, _NOT_FOUND = 301, 403, 404


def _make_client(service: str, region: str) -> Any:  # noqa: ANN401 - boto3 makes its clients at run time
    # A session is not safe to share between the threads of checks.
    make: Any = boto3.session.Session().client
    return make(service, region_name=region, config=_CONFIG)


class AwsAccount:
    """The account of the shell's credentials, and the public DNS of this machine.

    Args:
        region: For what is in no region, or in all.
        make_client: Makes a client of a service in a region, instead of boto3.
    """

    def __init__(self, region: str, make_client: Callable[[str, str], Any] | None = None) -> None:
        self._region = region
        self._client = cache(make_client or _make_client)

    def identity(self) -> str:
        """Return the account that the credentials are of."""
        return str(self._client("sts", self._region).get_caller_identity()["Account"])

    def enabled_regions(self) -> Collection[str]:
        """Return the regions that the account can use."""
        found = self._client("ec2", self._region).describe_regions(AllRegions=False)["Regions"]
        return {region["RegionName"] for region in found}

    def parameter(self, region: str, name: str) -> str | None:
        """Return the value of an SSM parameter, or None."""
        client = self._client("ssm", region)
        try:
            return str(client.get_parameter(Name=name)["Parameter"]["Value"])
        except client.exceptions.ParameterNotFound:
            return None

    def stacks(self, region: str) -> Mapping[str, str]:
        """Return the state of every stack that was not deleted."""
        pages = self._client("cloudformation", region).get_paginator("describe_stacks").paginate()
        return {stack["StackName"]: stack["StackStatus"] for page in pages for stack in page["Stacks"]}

    def zone(self, zone_id: str) -> Zone | None:
        """Return a hosted zone."""
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

    def quotas(self, region: str, service: str) -> Mapping[str, Quota]:
        """Return the limits of a service by their names; what the account was granted before what all get."""
        client = self._client("service-quotas", region)
        found = dict[str, Quota]()
        for operation in ("list_aws_default_service_quotas", "list_service_quotas"):
            for page in client.get_paginator(operation).paginate(ServiceCode=service):
                found |= {
                    each["QuotaName"]: Quota(code=each["QuotaCode"], value=each["Value"]) for each in page["Quotas"]
                }
        return found

    def concurrency(self, region: str) -> Concurrency:
        """Return what Lambda allows at once."""
        limits = self._client("lambda", region).get_account_settings()["AccountLimit"]
        unreserved = limits["UnreservedConcurrentExecutions"]
        return Concurrency(limit=limits["ConcurrentExecutions"], unreserved=unreserved)

    def count(self, region: str, what: str) -> int:
        """Count `vpcs`, `addresses` or `nat_gateways` of a region."""
        client = self._client("ec2", region)
        if what == "addresses":
            return len(client.describe_addresses()["Addresses"])
        operation, key = {
            "vpcs": ("describe_vpcs", "Vpcs"),
            "nat_gateways": ("describe_nat_gateways", "NatGateways"),
        }[what]
        return sum(
            each.get("State") != "deleted" for page in client.get_paginator(operation).paginate() for each in page[key]
        )

    def detectors(self, region: str) -> Sequence[str]:
        """Return the ids of GuardDuty's detectors."""
        found: list[str] = self._client("guardduty", region).list_detectors()["DetectorIds"]
        return found

    def analyzers(self, region: str) -> Sequence[str]:
        """Return the names of the access analyzers for what the account shares with others."""
        pages = self._client("accessanalyzer", region).get_paginator("list_analyzers").paginate(type="ACCOUNT")
        return [each["name"] for page in pages for each in page["analyzers"]]

    def prefix_list(self, region: str, name: str) -> str | None:
        """Return the id of a prefix list of AWS's own."""
        wanted = [{"Name": "prefix-list-name", "Values": [name]}]
        found = self._client("ec2", region).describe_managed_prefix_lists(Filters=wanted)["PrefixLists"]
        return next((each["PrefixListId"] for each in found if each["PrefixListName"] == name), None)

    def has_role(self, name: str) -> bool:
        """Say whether a role exists."""
        client = self._client("iam", self._region)
        try:
            client.get_role(RoleName=name)
        except client.exceptions.NoSuchEntityException:
            return False
        return True

    def bucket_owner(self, name: str) -> str | None:
        """Say whose a bucket is: `own`, `other`, or nobody's."""
        try:
            self._client("s3", self._region).head_bucket(Bucket=name)
        except ClientError as error:
            status = error.response["ResponseMetadata"]["HTTPStatusCode"]
            if status == _NOT_FOUND:
                return None
            if status in {_MOVED, _FORBIDDEN}:
                return "other"
            raise
        return "own"

    def has_table(self, region: str, name: str) -> bool:
        """Say whether a DynamoDB table exists."""
        client = self._client("dynamodb", region)
        try:
            client.describe_table(TableName=name)
        except client.exceptions.ResourceNotFoundException:
            return False
        return True

    def has_log_group(self, region: str, name: str) -> bool:
        """Say whether a log group exists."""
        found = self._client("logs", region).describe_log_groups(logGroupNamePrefix=name)["logGroups"]
        return any(each["logGroupName"] == name for each in found)

    def has_vault(self, region: str, name: str) -> bool:
        """Say whether a vault of AWS Backup exists; asked for one that does not, AWS says that it denies access."""
        pages = self._client("backup", region).get_paginator("list_backup_vaults").paginate()
        return any(each["BackupVaultName"] == name for page in pages for each in page["BackupVaultList"])

    def backed_up(self, region: str) -> Mapping[str, bool]:
        """Say for each kind of data whether AWS Backup handles it."""
        found = self._client("backup", region).describe_region_settings()
        chosen: Mapping[str, bool] = found["ResourceTypeOptInPreference"]
        return chosen

    def managed_by_backup(self, region: str) -> Mapping[str, bool]:
        """Say for each kind of data whether AWS Backup manages its backups by itself."""
        found = self._client("backup", region).describe_region_settings()
        managed: Mapping[str, bool] = found.get("ResourceTypeManagementPreference", {})
        return managed

    def name_servers(self, domain: str) -> frozenset[str]:
        """Return the name servers that the public DNS knows of a domain."""
        return _ask(domain, "NS", lambda record: str(record.target).rstrip(".").lower())

    def certificate_authorities(self, domain: str) -> frozenset[str]:
        """Return who alone may issue certificates for a domain; nobody named means everybody may."""
        return _ask(domain, "CAA", lambda record: record.value.decode().split(";")[0].strip())


def _ask(domain: str, kind: str, read: Any) -> frozenset[str]:  # noqa: ANN401 - records are untyped
    try:
        answer = dns.resolver.resolve(domain, kind, lifetime=_DNS_LIFETIME_S)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return frozenset()
    return frozenset(read(record) for record in answer)
