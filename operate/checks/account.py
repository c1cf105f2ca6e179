"""The port through which the checks read an AWS account and the public DNS."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, kw_only=True)
class Zone:
    """A hosted zone of Route 53."""

    name: str
    name_servers: frozenset[str]
    is_private: bool


@dataclass(frozen=True, kw_only=True)
class Concurrency:
    """A region's limit of concurrent Lambda invocations, and the part of it that no function has reserved."""

    limit: int
    unreserved: int


@dataclass(frozen=True, kw_only=True)
class MailDomain:
    """A domain in SES: verified or not, and whether the account may send mails to any address."""

    is_verified: bool
    sends_to_all: bool


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """A parameter of SSM; `type` is String, StringList or SecureString, of which the value is encrypted."""

    type: str
    value: str


class Account(Protocol):
    """An AWS account and the public DNS; each method may raise errors of botocore."""

    def stack_names(self, region: str) -> Collection[str]:
        """Return the names of the deployed stacks."""
        ...

    def outputs(self, region: str, stack: str) -> Mapping[str, str]:
        """Return the outputs of a stack, by name; a stack that is not deployed has none."""
        ...

    def mail_domain(self, region: str, domain: str) -> MailDomain:
        """Return the state of a domain in SES."""
        ...

    def parameter(self, region: str, name: str) -> Parameter | None:
        """Return a parameter of SSM, or None if it does not exist."""
        ...

    def slack_workspaces(self) -> Collection[str]:
        """Return the ids of the Slack workspaces that are connected to the account."""
        ...

    def zone(self, zone_id: str) -> Zone | None:
        """Return a hosted zone, or None if it does not exist."""
        ...

    def name_servers(self, domain: str) -> frozenset[str]:
        """Return the name servers to which the public DNS delegates a domain.

        Raises:
            OperateError: The DNS does not answer.
        """
        ...

    def concurrency(self, region: str) -> Concurrency:
        """Return the limits of concurrent Lambda invocations."""
        ...

    def quota(self, region: str, service: str, code: str) -> float:
        """Return a service quota: the account's own value, or AWS's default."""
        ...

    def backup_preferences(self, region: str) -> tuple[Mapping[str, bool], Mapping[str, bool]]:
        """Return AWS Backup's opt-in and its full management, each by kind of resource."""
        ...

    def prefix_list(self, region: str, name: str) -> str:
        """Return the id of a prefix list that AWS manages.

        Raises:
            OperateError: The region has no list with that name.
        """
        ...
