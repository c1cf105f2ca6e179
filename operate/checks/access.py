"""Whether the account can be deployed to: whose it is, its regions, their bootstrap, and what is left of before."""

from collections.abc import Iterator

from operate.checks.account import Account
from operate.checks.finding import Check, Finding, ok, warning, wrong
from operate.checks.plan import Plan

# A stack that was never made cannot be updated; and one whose update failed half way takes no other.
_NEVER_MADE = frozenset({"ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED"})
_STUCK = frozenset({"UPDATE_ROLLBACK_FAILED"})


def _account(plan: Plan, account: Account) -> Iterator[Finding]:
    found, expected = account.identity(), plan.environment.account
    if expected is not None and found != expected:
        yield wrong(
            f"{plan.environment.name} is in the account {expected}, and the credentials are of {found}",
            do=f"sign in to {expected}, or change `account` in cdk/environments/{plan.environment.name}.yaml",
        )
    else:
        yield ok(f"the credentials are of the account {found}")


def _regions(plan: Plan, account: Account) -> Iterator[Finding]:
    enabled = account.enabled_regions()
    for region in plan.regions:
        if region in enabled:
            yield ok(f"{region} is enabled")
        else:
            yield wrong(f"{region} is not enabled", do=f"aws account enable-region --region-name {region}")


def _bootstrap(plan: Plan, account: Account) -> Iterator[Finding]:
    for region in plan.regions:
        stacks = plan.in_region(region)
        least = max((stack.bootstrap_version for stack in stacks), default=0)
        for name in sorted({stack.bootstrap_parameter for stack in stacks if stack.bootstrap_parameter}):
            version = account.parameter(region, name)
            do = f"node_modules/.bin/cdk bootstrap aws://{account.identity()}/{region}"
            if version is None:
                yield wrong(f"{region} is not bootstrapped: {name} is missing", do=do)
            elif not version.isdecimal() or int(version) < least:
                yield wrong(f"the bootstrap of {region} has version {version}; {least} is needed", do=do)
            else:
                yield ok(f"{region} is bootstrapped, version {version}")


def _stacks(plan: Plan, account: Account) -> Iterator[Finding]:
    for region in plan.regions:
        there = account.stacks(region)
        for stack in plan.in_region(region):
            state = there.get(stack.name, "")
            if state in _NEVER_MADE:
                do = f"aws cloudformation delete-stack --region {region} --stack-name {stack.name}"
                yield wrong(f"{stack.name} is {state}, and cannot be updated", do=do)
            elif state in _STUCK:
                do = f"aws cloudformation continue-update-rollback --region {region} --stack-name {stack.name}"
                yield wrong(f"{stack.name} is {state}", do=do)
            elif state.endswith("_IN_PROGRESS"):
                yield warning(f"{stack.name} is {state}: somebody deploys", do="wait for it")
        deployed = [stack.name for stack in plan.in_region(region) if stack.name in there]
        yield ok(f"{len(deployed)} of {len(plan.in_region(region))} stacks are in {region}")


CHECKS = (
    Check(name="account", look=_account),
    Check(name="regions", look=_regions),
    Check(name="bootstrap", look=_bootstrap),
    Check(name="stacks", look=_stacks),
)
