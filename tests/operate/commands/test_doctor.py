"""The doctor runs every check and reports the findings with their remedies."""

import io
from collections.abc import Iterator

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from rich.console import Console

from cdk.settings.environment_sections import SlackChannel
from operate.checks.account import Account
from operate.checks.finding import Check, Finding, ok, problem
from operate.cli import main
from operate.commands.doctor import CHECKS, report, run_checks
from operate.errors import OperateError
from operate.target import Target
from tests.operate.checks.fakes import HERE, FakeAccount, target


def check(*findings: Finding, error: Exception | None = None) -> Check:
    def run(_: Target, __: Account) -> Iterator[Finding]:
        yield from findings
        if error:
            raise error

    return run


def run(**checks: Check) -> tuple[bool, str]:
    stream = io.StringIO()
    console = Console(file=stream, width=160, highlight=False)
    return report(run_checks(target(), FakeAccount(), checks), console), stream.getvalue()


def test_a_problem_is_reported_with_its_remedy() -> None:
    assert run(first=check(ok("exists")), second=check(problem("missing", remedy="aws create it"))) == (
        False,
        "✔ first: exists\n✘ second: missing\n    → aws create it\n\nProblems to solve before you deploy: 1.\n",
    )


def test_a_warning_is_no_problem() -> None:
    is_ready, printed = run(things=check(Finding(state="warning", text="odd", remedy="look")))

    assert is_ready
    assert printed.endswith("Ready to deploy.\n")


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "Get"), "(AccessDenied)"),
        (EndpointConnectionError(endpoint_url="https://x"), "Could not connect"),
        (OperateError("the DNS does not answer"), "the DNS does not answer"),
    ],
)
def test_a_check_that_cannot_run_is_reported_and_the_others_run(error: Exception, text: str) -> None:
    is_ready, printed = run(first=check(ok("exists"), error=error), second=check(ok("exists")))

    assert is_ready
    assert "✔ first: exists" in printed
    assert "? first: could not check: " in printed
    assert text in printed
    assert "✔ second: exists" in printed
    assert "No problem found. Checks that could not run: 1." in printed


def test_prod_with_a_chat_uses_all_checks() -> None:
    prod = Target("prod", {})
    chat = {"on-call": SlackChannel(workspace="T0123ABCD", channel="C0123ABCD")}
    prod.environment = prod.environment.model_copy(update={"chat": chat})
    account = FakeAccount(
        prefix_lists={f"com.amazonaws.{HERE}.s3": "pl-6da54004"},
        deployed={"platform-prod-network": prod.environment.fixed_settings},
    )

    names = [name for name, _ in run_checks(prod, account)]

    assert list(dict.fromkeys(names)) == [*CHECKS]


def test_the_laptop_has_no_account(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor"]) == 1
    assert "doctor checks an AWS account" in capsys.readouterr().err
