"""The settings that a deployed network keeps: an update would fail, or cut the gateway off for a quarter of an hour."""

from collections.abc import Iterator

from cdk.settings.stack_names import SharedStack
from operate.checks.account import Account
from operate.checks.finding import Finding, ok, problem
from operate.target import Target

# Why each output of the network's stack cannot change, and its key in the environment's file.
_FIXED = {
    "Domain": (
        "domain",
        "running tasks of the gateway would lose the internal load balancer, since its name ends with it",
    ),
    "NetworkCidr": ("vpc_cidr", "AWS cannot replace the network, since other stacks use it"),
    "AvailabilityZones": (
        "availability_zones",
        "CloudFormation cannot delete the subnets of a zone, since the gateway's stack uses them",
    ),
}


def check_fixed_settings(target: Target, account: Account) -> Iterator[Finding]:
    """Check that the environment's file agrees with the deployed network on what cannot change."""
    environment = target.environment
    deployed = account.outputs(environment.region, SharedStack.NETWORK.of(environment))
    changed = {
        name: value
        for name, value in environment.fixed_settings.items()
        if name in deployed and not _is_possible(name, deployed[name], value)
    }
    for name, value in changed.items():
        key, reason = _FIXED[name]
        yield problem(
            f"{key} is {deployed[name]} in the deployed network and cannot become {value}: {reason}",
            remedy=f"set `{key}: {deployed[name]}` in cdk/environments/{environment.name}.yaml, or deploy another"
            " environment beside this one and move its clients",
        )
    if deployed and not changed:
        yield ok("domain, vpc_cidr and availability_zones are as in the deployed network, or can be deployed")


def _is_possible(name: str, deployed: str, wanted: str) -> bool:
    if name == "AvailabilityZones":
        # The network reserves the addresses of a further zone.
        return int(wanted) >= int(deployed)
    return wanted == deployed
