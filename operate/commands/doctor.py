"""`doctor`: whether an account is ready for an environment, and what to do where it is not."""

import argparse
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import dns.exception
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    NoCredentialsError,
    PartialCredentialsError,
    TokenRetrievalError,
)
from rich.console import Console
from rich.text import Text

from operate.checks import access, domain, needs, quotas
from operate.checks.account import Account
from operate.checks.aws_account import AwsAccount
from operate.checks.docker import docker_check
from operate.checks.finding import Check, Finding, State, wrong
from operate.checks.plan import Plan
from operate.command import Command
from operate.deployed.synthesis import synthesize
from operate.errors import OperateError
from operate.progress import Progress
from operate.target import Target

CHECKS: tuple[Check, ...] = (*access.CHECKS, *domain.CHECKS, *quotas.CHECKS, *needs.CHECKS, docker_check())
_SIGNS: dict[State, tuple[str, str]] = {
    "ok": ("✔", "green"),
    "wrong": ("✘", "red"),
    "warning": ("!", "yellow"),
    "unknown": ("?", "yellow"),
}
_DENIED = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError"})
_EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "UnrecognizedClientException"})
_WORKERS = 8


def examine(plan: Plan, account: Account, checks: Sequence[Check] = CHECKS) -> Iterator[tuple[Check, list[Finding]]]:
    """Run all checks at once, and yield what each found in their order; none of them ends the others."""
    with ThreadPoolExecutor(_WORKERS) as pool:
        yield from zip(checks, pool.map(lambda check: _findings(check, plan, account), checks), strict=True)


def _findings(check: Check, plan: Plan, account: Account) -> list[Finding]:
    found = list[Finding]()
    try:
        # One by one, so that what was found before a fault is told.
        found.extend(check.look(plan, account))
    except (NoCredentialsError, PartialCredentialsError, TokenRetrievalError) as error:
        found.append(_without_credentials(check, error))
    except ClientError as error:
        found.append(_refused(error))
    except (BotoCoreError, dns.exception.DNSException) as error:
        found.append(Finding(state="unknown", said=f"could not check: {error}", do="try again with a network"))
    return found


def _without_credentials(check: Check, error: Exception) -> Finding:
    """Say it once, where the account is looked at."""
    if check not in access.CHECKS[:1]:
        return Finding(state="unknown", said="could not check without credentials")
    return wrong(f"{error}", do="aws sso login, or aws configure; then aws sts get-caller-identity")


def _refused(error: ClientError) -> Finding:
    code = error.response["Error"]["Code"]
    if code in _EXPIRED:
        return wrong(f"AWS does not take the credentials: {code}", do="sign in again: aws sso login, or aws configure")
    if code in _DENIED:
        do = f"ask for it, or look yourself; the operation is {error.operation_name}"
        return Finding(state="unknown", said=f"could not check: {error.operation_name} is not allowed", do=do)
    return Finding(state="unknown", said=f"could not check: {error}", do="look at it, and try again")


def report(examined: Iterable[tuple[Check, list[Finding]]], console: Console) -> bool:
    """Print what was found; return whether nothing stops a deployment."""
    blockers = unknown = 0
    for check, findings in examined:
        for finding in findings:
            sign, style = _SIGNS[finding.state]
            console.print(Text.assemble((sign, style), f" {check.name}: {finding.said}"), soft_wrap=True)
            if finding.do:
                console.print(Text(f"    {finding.do}", "bold"), soft_wrap=True)
            blockers += finding.state == "wrong"
            unknown += finding.state == "unknown"
    if blockers:
        console.print(f"\n{blockers} to mend before a deployment.", style="bold red")
    elif unknown:
        console.print(
            f"\nNothing was found that stops a deployment; {unknown} could not be checked.", style="bold yellow"
        )
    else:
        console.print("\nReady to deploy.", style="bold green")
    return not blockers


def _run(_: argparse.Namespace, target: Target) -> bool:
    if target.is_local:
        raise OperateError("doctor looks at AWS; `make up` checks this machine itself. For example: environment=dev")
    Progress().say(f"Synthesizing {target.environment.name}: this takes seconds.")
    plan = Plan(target.environment, synthesize(target.environment))
    return report(examine(plan, AwsAccount(target.environment.region)), Console(highlight=False))


COMMAND = Command(
    name="doctor",
    help="check whether an account is ready for a first deployment, and say what to do",
    add_arguments=lambda _: None,
    run=_run,
)
