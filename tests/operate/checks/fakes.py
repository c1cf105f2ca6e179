"""An account that has what a test says, and the templates of a small environment."""
# ruff: noqa: ARG002 - the port's parameters

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from cdk.settings.environment import Environment, load_environment
from operate.checks.account import Account, Concurrency, Quota, Zone
from operate.checks.finding import Check, Finding
from operate.checks.plan import Plan
from operate.deployed.synthesis import Stack

HERE, THERE = "eu-west-1", "eu-central-1"
ACCOUNT = "123456789012"


@dataclass
class FakeAccount:
    """Everything is there that an environment needs, unless a test says otherwise."""

    number: str = ACCOUNT
    regions: Collection[str] = (HERE, THERE)
    parameters: Mapping[tuple[str, str], str] = field(default_factory=dict)
    states: Mapping[str, str] = field(default_factory=dict)
    hosted: Mapping[str, Zone] = field(default_factory=dict)
    limits: Mapping[str, Quota] = field(default_factory=dict)
    invocations: Concurrency = field(default_factory=lambda: Concurrency(limit=1000, unreserved=1000))
    counts: Mapping[str, int] = field(default_factory=dict)
    detector_ids: Sequence[str] = ()
    analyzer_names: Sequence[str] = ()
    prefix_lists: Mapping[str, str] = field(default_factory=dict)
    role_names: Collection[str] = ()
    buckets: Mapping[str, str] = field(default_factory=dict)
    tables: Collection[str] = ()
    log_groups: Collection[str] = ()
    vaults: Collection[str] = ()
    backup: Mapping[str, bool] = field(default_factory=dict)
    managed: Mapping[str, bool] = field(default_factory=dict)
    delegated: Mapping[str, frozenset[str]] = field(default_factory=dict)
    authorities: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def identity(self) -> str:
        return self.number

    def enabled_regions(self) -> Collection[str]:
        return self.regions

    def parameter(self, region: str, name: str) -> str | None:
        return self.parameters.get((region, name))

    def stacks(self, region: str) -> Mapping[str, str]:
        return self.states

    def zone(self, zone_id: str) -> Zone | None:
        return self.hosted.get(zone_id)

    def quotas(self, region: str, service: str) -> Mapping[str, Quota]:
        return self.limits

    def concurrency(self, region: str) -> Concurrency:
        return self.invocations

    def count(self, region: str, what: str) -> int:
        return self.counts.get(what, 0)

    def detectors(self, region: str) -> Sequence[str]:
        return self.detector_ids

    def analyzers(self, region: str) -> Sequence[str]:
        return self.analyzer_names

    def prefix_list(self, region: str, name: str) -> str | None:
        return self.prefix_lists.get(name)

    def has_role(self, name: str) -> bool:
        return name in self.role_names

    def bucket_owner(self, name: str) -> str | None:
        return self.buckets.get(name)

    def has_table(self, region: str, name: str) -> bool:
        return name in self.tables

    def has_log_group(self, region: str, name: str) -> bool:
        return name in self.log_groups

    def has_vault(self, region: str, name: str) -> bool:
        return name in self.vaults

    def backed_up(self, region: str) -> Mapping[str, bool]:
        return self.backup

    def managed_by_backup(self, region: str) -> Mapping[str, bool]:
        return self.managed

    def name_servers(self, domain: str) -> frozenset[str]:
        return self.delegated.get(domain, frozenset())

    def certificate_authorities(self, domain: str) -> frozenset[str]:
        return self.authorities.get(domain, frozenset())


def environment(**more: object) -> Environment:
    """Return dev, with a domain of its own."""
    given = {"domain": "api.shop.io", "hosted_zone_id": "ZSHOP", **more}
    return Environment.model_validate({**load_environment("dev").model_dump(), **given})


def plan(*stacks: Stack, **more: object) -> Plan:
    """Return what would be deployed."""
    return Plan(environment(**more), stacks)


def named(checks: Sequence[Check], name: str) -> Check:
    """Return the check of a name."""
    return next(check for check in checks if check.name == name)


def found(check: Check, of: Plan, account: Account) -> list[Finding]:
    """Run a check."""
    return list(check.look(of, account))


def states(findings: Sequence[Finding]) -> list[str]:
    """Return how each finding is."""
    return [finding.state for finding in findings]
