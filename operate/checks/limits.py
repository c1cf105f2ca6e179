"""The account limits that are low in new accounts: Lambda's concurrency, and Fargate's vCPUs."""

import math
from collections.abc import Iterator

from operate.checks.account import Account
from operate.checks.finding import Finding, ok, problem
from operate.target import Target

# https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
_ALWAYS_UNRESERVED = 100
_CONCURRENCY = ("lambda", "L-B99A9384")
# https://docs.aws.amazon.com/general/latest/gr/ecs-service.html: "Fargate On-Demand vCPU resource count".
_VCPUS = ("fargate", "L-3032A538")
# During a deployment, the old and the new tasks run at the same time.
_DURING_A_DEPLOYMENT = 2


def check_concurrency(target: Target, account: Account) -> Iterator[Finding]:
    """Check that Lambda can reserve the concurrency that the manifests ask for.

    Otherwise the deployment fails at a service's stack, after a quarter of an hour for the stacks before it.
    """
    environment = target.environment
    deployed = account.stack_names(environment.region)
    reserved = sum(
        function.reserved_concurrency or 0
        for name, manifest in target.manifests.items()
        if environment.reserved_concurrency and target.name_of(name) not in deployed
        for function in manifest.functions.values()
    )
    found = account.concurrency(environment.region)
    remedy = _increase(environment.region, *_CONCURRENCY, value=1000)
    if reserved and found.unreserved - reserved < _ALWAYS_UNRESERVED:
        yield problem(
            f"functions need {reserved} reserved concurrent invocations; the account has {found.unreserved} unreserved"
            f" ones and must keep {_ALWAYS_UNRESERVED}",
            remedy=f"{remedy}; or set `reserved_concurrency: false` in cdk/environments/{environment.name}.yaml",
        )
    elif found.limit < _ALWAYS_UNRESERVED:
        text = f"Lambda allows only {found.limit} concurrent invocations in {environment.region}, as in new accounts"
        yield Finding(state="warning", text=text, remedy=remedy)
    else:
        yield ok(f"Lambda allows {found.limit} concurrent invocations; functions reserve {reserved} more")


def check_tasks(target: Target, account: Account) -> Iterator[Finding]:
    """Check that Fargate allows the gateway's tasks; otherwise the deployment waits for tasks that cannot start."""
    edge, region = target.environment.edge, target.environment.region
    needed = math.ceil(edge.tasks_max * edge.task_cpu / 1024 * _DURING_A_DEPLOYMENT)
    limit = account.quota(region, *_VCPUS)
    text = f"Fargate allows {limit:g} vCPUs in {region}; the gateway needs up to {needed}"
    yield ok(text) if needed <= limit else problem(text, remedy=_increase(region, *_VCPUS, value=needed))


def _increase(region: str, service: str, code: str, *, value: int) -> str:
    return (
        f"aws service-quotas request-service-quota-increase --service-code {service} --quota-code {code}"
        f" --desired-value {value} --region {region}"
    )
