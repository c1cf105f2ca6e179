"""What checks ask of an AWS account and of the public DNS: the port."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, kw_only=True)
class Zone:
    """A hosted zone of Route 53."""

    name: str
    name_servers: frozenset[str]
    is_private: bool


@dataclass(frozen=True, kw_only=True)
class Quota:
    """A limit of an account, which it can be asked to raise by its code."""

    code: str
    value: float


@dataclass(frozen=True, kw_only=True)
class Concurrency:
    """How many invocations at once a region allows, and how many of them no function reserves."""

    limit: int
    unreserved: int


class Account(Protocol):
    """What is there; each method may raise what botocore raises."""

    def identity(self) -> str:
        """Return the account that the credentials are of."""
        ...

    def enabled_regions(self) -> Collection[str]:
        """Return the regions that the account can use."""
        ...

    def parameter(self, region: str, name: str) -> str | None:
        """Return the value of an SSM parameter, or None where there is none."""
        ...

    def stacks(self, region: str) -> Mapping[str, str]:
        """Return the state of every stack that was not deleted."""
        ...

    def zone(self, zone_id: str) -> Zone | None:
        """Return a hosted zone, or None where there is none."""
        ...

    def quotas(self, region: str, service: str) -> Mapping[str, Quota]:
        """Return the limits of a service by their names; what the account was granted before what all get."""
        ...

    def concurrency(self, region: str) -> Concurrency:
        """Return what Lambda allows at once."""
        ...

    def count(self, region: str, what: str) -> int:
        """Count `vpcs`, `addresses` or `nat_gateways` of a region."""
        ...

    def detectors(self, region: str) -> Sequence[str]:
        """Return the ids of GuardDuty's detectors."""
        ...

    def analyzers(self, region: str) -> Sequence[str]:
        """Return the names of the access analyzers for what the account shares with others."""
        ...

    def prefix_list(self, region: str, name: str) -> str | None:
        """Return the id of a prefix list of AWS's own."""
        ...

    def has_role(self, name: str) -> bool:
        """Say whether a role exists."""
        ...

    def bucket_owner(self, name: str) -> str | None:
        """Say whose a bucket is: `own`, `other`, or nobody's."""
        ...

    def has_table(self, region: str, name: str) -> bool:
        """Say whether a DynamoDB table exists."""
        ...

    def has_log_group(self, region: str, name: str) -> bool:
        """Say whether a log group exists."""
        ...

    def has_vault(self, region: str, name: str) -> bool:
        """Say whether a vault of AWS Backup exists."""
        ...

    def backed_up(self, region: str) -> Mapping[str, bool]:
        """Say for each kind of data whether AWS Backup handles it."""
        ...

    def managed_by_backup(self, region: str) -> Mapping[str, bool]:
        """Say for each kind of data whether AWS Backup manages its backups by itself."""
        ...

    def name_servers(self, domain: str) -> frozenset[str]:
        """Return the name servers that the public DNS knows of a domain."""
        ...

    def certificate_authorities(self, domain: str) -> frozenset[str]:
        """Return who alone may issue certificates for a domain; nobody named means everybody may."""
        ...
