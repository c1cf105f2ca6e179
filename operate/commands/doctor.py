"""The command `doctor`: check that an AWS account is ready for an environment, and give the remedies."""

import argparse
from collections.abc import Iterable, Iterator, Mapping

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.text import Text

from operate.checks.account import Account
from operate.checks.backups import check_backups
from operate.checks.budget import check_budget
from operate.checks.chat import check_chat
from operate.checks.domain import check_zone
from operate.checks.egress import check_prefix_list
from operate.checks.finding import Check, Finding, State
from operate.checks.limits import check_concurrency, check_tasks
from operate.checks.mail import check_mail
from operate.checks.network import check_fixed_settings
from operate.command import Command
from operate.errors import OperateError
from operate.target import Target

CHECKS: Mapping[str, Check] = {
    "domain": check_zone,
    "concurrency": check_concurrency,
    "tasks": check_tasks,
    "egress": check_prefix_list,
    "backups": check_backups,
    "budget": check_budget,
    "chat": check_chat,
    "mail": check_mail,
    "network": check_fixed_settings,
}
_SIGNS: dict[State, tuple[str, str]] = {
    "ok": ("✔", "green"),
    "problem": ("✘", "red"),
    "warning": ("!", "yellow"),
    "unknown": ("?", "yellow"),
}


def run_checks(target: Target, account: Account, checks: Mapping[str, Check] = CHECKS) -> Iterator[tuple[str, Finding]]:
    """Run the checks and yield each finding with the check's name; an error ends only its own check."""
    for name, check in checks.items():
        try:
            for finding in check(target, account):
                yield name, finding
        except ClientError as error:
            remedy = f"ask for the permission {error.operation_name}, or try again"
            yield name, Finding(state="unknown", text=f"could not check: {error}", remedy=remedy)
        except (BotoCoreError, OperateError) as error:
            yield (
                name,
                Finding(state="unknown", text=f"could not check: {error}", remedy="check the network connection"),
            )


def report(findings: Iterable[tuple[str, Finding]], console: Console) -> bool:
    """Print the findings; return True if none of them is a problem."""
    problems = unknown = 0
    for name, finding in findings:
        sign, style = _SIGNS[finding.state]
        console.print(Text.assemble((sign, style), f" {name}: {finding.text}"), soft_wrap=True)
        if finding.remedy:
            console.print(Text(f"    → {finding.remedy}", "bold"), soft_wrap=True)
        problems += finding.state == "problem"
        unknown += finding.state == "unknown"
    if problems:
        console.print(f"\nProblems to solve before you deploy: {problems}.", style="bold red")
    elif unknown:
        console.print(f"\nNo problem found. Checks that could not run: {unknown}.", style="bold yellow")
    else:
        console.print("\nReady to deploy.", style="bold green")
    return not problems


def _run(_: argparse.Namespace, target: Target) -> bool:
    if target.is_local:
        raise OperateError("doctor checks an AWS account, and local has none. For example: make doctor environment=dev")
    from operate.checks.aws_account import AwsAccount  # noqa: PLC0415 - a third of a second, for dnspython

    console = Console(highlight=False)
    console.print(f"Account {target.account}, environment {target.environment.name}", soft_wrap=True)
    return report(run_checks(target, AwsAccount(target.environment.region)), console)


COMMAND = Command(
    name="doctor",
    help="check that an AWS account is ready for a first deployment, and give the remedies",
    add_arguments=lambda _: None,
    run=_run,
)
