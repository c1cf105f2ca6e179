"""Whether the account's limits leave room for what would be deployed."""

import math
from collections.abc import Iterator

from operate.checks.account import Account
from operate.checks.finding import Check, Finding, ok, warning, wrong
from operate.checks.plan import Plan

# https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
_LEFT_UNRESERVED = 100
# New tasks run beside old ones while a deployment goes on.
_DURING_A_DEPLOYMENT = 2


def _concurrency(plan: Plan, account: Account) -> Iterator[Finding]:
    """Look whether what functions reserve can be reserved; of what is deployed already it is."""
    region = plan.environment.region
    there = account.stacks(region)
    new = [stack for stack in plan.in_region(region) if stack.name not in there]
    needed = sum(each.get("ReservedConcurrentExecutions", 0) for each in plan.properties("AWS::Lambda::Function", new))
    found = account.concurrency(region)
    do = (
        "aws service-quotas request-service-quota-increase --service-code lambda --quota-code L-B99A9384"
        f" --desired-value 1000 --region {region}"
    )
    if needed and found.unreserved - needed < _LEFT_UNRESERVED:
        yield wrong(
            f"functions reserve {needed} invocations at once, and {_LEFT_UNRESERVED} must stay unreserved of"
            f" {found.unreserved}",
            do=f"{do}; or set `reserved_concurrency: false` in cdk/environments/{plan.environment.name}.yaml",
        )
    elif found.limit < _LEFT_UNRESERVED:
        yield warning(f"Lambda allows {found.limit} invocations at once in {region}, as to all new accounts", do=do)
    else:
        yield ok(f"Lambda allows {found.limit} invocations at once in {region}; functions reserve {needed} more")


def _network(plan: Plan, account: Account) -> Iterator[Finding]:
    for region in plan.regions:
        new = [stack for stack in plan.in_region(region) if stack.name not in account.stacks(region)]
        for resource_type, what, service, name in (
            ("AWS::EC2::VPC", "vpcs", "vpc", "VPCs per Region"),
            ("AWS::EC2::EIP", "addresses", "ec2", "EC2-VPC Elastic IPs"),
            ("AWS::EC2::NatGateway", "nat_gateways", "vpc", "NAT gateways per Availability Zone"),
        ):
            if needed := len(plan.properties(resource_type, new)):
                used = account.count(region, what)
                yield _room(region, service, name, account, needed=needed, used=used)


def _tasks(plan: Plan, account: Account) -> Iterator[Finding]:
    most = sum(each["MaxCapacity"] for each in plan.properties("AWS::ApplicationAutoScaling::ScalableTarget"))
    cores = max((int(each["Cpu"]) / 1024 for each in plan.properties("AWS::ECS::TaskDefinition")), default=0)
    if needed := math.ceil(most * cores * _DURING_A_DEPLOYMENT):
        region = plan.environment.region
        name = "Fargate On-Demand vCPU resource count"
        yield _room(region, "fargate", name, account, needed=needed)


def _rules(plan: Plan, account: Account) -> Iterator[Finding]:
    if needed := len(plan.properties("AWS::ElasticLoadBalancingV2::ListenerRule")):
        region = plan.environment.region
        name = "Rules per Application Load Balancer"
        yield _room(region, "elasticloadbalancing", name, account, needed=needed)


def _room(region: str, service: str, name: str, account: Account, **counted: int) -> Finding:
    """Compare what is needed, and used already, with the limit of a name."""
    limit = account.quotas(region, service).get(name)
    needed, used = counted["needed"], counted.get("used", 0)
    if limit is None:
        return Finding(state="unknown", said=f"{region}: AWS tells no limit called {name!r} of {service}")
    said = f"{region}: {name}: {used} used and {needed} needed of {limit.value:g}"
    if used + needed <= limit.value:
        return ok(said)
    do = (
        f"aws service-quotas request-service-quota-increase --service-code {service} --quota-code {limit.code}"
        f" --desired-value {used + needed} --region {region}"
    )
    return wrong(said, do=do)


CHECKS = (
    Check(name="concurrency", look=_concurrency),
    Check(name="network limits", look=_network),
    Check(name="tasks limit", look=_tasks),
    Check(name="rules limit", look=_rules),
)
