"""A fake account, and targets with settings that a test chooses."""
# ruff: noqa: ARG002 - the port's parameters

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from cdk.settings.environment import Environment
from operate.checks.account import Concurrency, MailDomain, Parameter, Zone
from operate.target import Target

HERE, THERE = "eu-west-1", "eu-central-1"


@dataclass
class FakeAccount:
    """An account without any resource, with the limits of an account in use."""

    stacks: Collection[str] = ()
    zones: Mapping[str, Zone] = field(default_factory=dict)
    delegated: Mapping[str, frozenset[str]] = field(default_factory=dict)
    invocations: Concurrency = field(default_factory=lambda: Concurrency(limit=1000, unreserved=1000))
    vcpus: float = 100
    backup: Mapping[str, bool] = field(default_factory=dict)
    managed: Mapping[str, bool] = field(default_factory=dict)
    prefix_lists: Mapping[str, str] = field(default_factory=dict)
    deployed: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    workspaces: Collection[str] = ()
    mail_domains: Mapping[str, MailDomain] = field(default_factory=dict)
    parameters: Mapping[str, Parameter] = field(default_factory=dict)

    def stack_names(self, region: str) -> Collection[str]:
        return self.stacks

    def outputs(self, region: str, stack: str) -> Mapping[str, str]:
        return self.deployed.get(stack, {})

    def mail_domain(self, region: str, domain: str) -> MailDomain:
        return self.mail_domains.get(domain, MailDomain(is_verified=False, sends_to_all=False))

    def parameter(self, region: str, name: str) -> Parameter | None:
        return self.parameters.get(name)

    def slack_workspaces(self) -> Collection[str]:
        return self.workspaces

    def zone(self, zone_id: str) -> Zone | None:
        return self.zones.get(zone_id)

    def name_servers(self, domain: str) -> frozenset[str]:
        return self.delegated.get(domain, frozenset())

    def concurrency(self, region: str) -> Concurrency:
        return self.invocations

    def quota(self, region: str, service: str, code: str) -> float:
        return self.vcpus

    def backup_preferences(self, region: str) -> tuple[Mapping[str, bool], Mapping[str, bool]]:
        return self.backup, self.managed

    def prefix_list(self, region: str, name: str) -> str:
        return self.prefix_lists[name]


def target(**settings: object) -> Target:
    """Return dev with a domain of its own and some other settings."""
    made = Target("dev", {})
    given = {"domain": "api.shop.io", "hosted_zone_id": "ZSHOP", **settings}
    made.environment = Environment.model_validate({**made.environment.model_dump(), **given})
    return made
