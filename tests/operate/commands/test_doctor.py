"""All checks together: none ends the others, and each says what to do."""

import io
from collections.abc import Iterator

import dns.exception
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError
from rich.console import Console

from operate.checks import access
from operate.checks.account import Account
from operate.checks.finding import Check, Finding, ok, warning, wrong
from operate.checks.plan import Plan
from operate.cli import main
from operate.commands.doctor import CHECKS, examine, report
from tests.operate.checks.fakes import FakeAccount, plan


def denied(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "no"}}, "DescribeVpcs")


def check(*findings: Finding, error: Exception | None = None) -> Check:
    def look(_: Plan, __: Account) -> Iterator[Finding]:
        yield from findings
        if error:
            raise error

    return Check(name="things", look=look)


def run(*checks: Check) -> tuple[bool, str]:
    stream = io.StringIO()
    console = Console(file=stream, width=160, highlight=False)
    return report(examine(plan(), FakeAccount(), checks), console), stream.getvalue()


def test_what_is_wrong_stops_a_deployment_and_says_what_to_do() -> None:
    assert run(check(ok("there")), check(wrong("missing", do="aws make it"))) == (
        False,
        "✔ things: there\n✘ things: missing\n    aws make it\n\n1 to mend before a deployment.\n",
    )


def test_a_warning_stops_nothing() -> None:
    well, said = run(check(warning("odd", do="look")))

    assert well
    assert said.endswith("Ready to deploy.\n")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (denied("AccessDenied"), "? things: could not check: DescribeVpcs is not allowed"),
        (denied("UnauthorizedOperation"), "? things: could not check: DescribeVpcs is not allowed"),
        (denied("Throttling"), "? things: could not check: An error occurred (Throttling)"),
        (EndpointConnectionError(endpoint_url="https://x"), "? things: could not check: Could not connect"),
        (dns.exception.Timeout(), "? things: could not check: "),  # type: ignore[no-untyped-call]
        (NoCredentialsError(), "? things: could not check without credentials"),
    ],
)
def test_what_cannot_be_checked_is_said_and_the_other_checks_go_on(error: Exception, said: str) -> None:
    well, printed = run(check(ok("first"), error=error), check(ok("second")))

    assert well
    assert [line in printed for line in ("✔ things: first", "✔ things: second", said)] == [True, True, True]
    assert "1 could not be checked" in printed


def test_expired_credentials_stop_a_deployment() -> None:
    well, printed = run(check(error=denied("ExpiredToken")))

    assert not well
    assert "sign in again" in printed


def test_missing_credentials_are_said_once_where_the_account_is_looked_at() -> None:
    class WithoutCredentials(FakeAccount):
        def identity(self) -> str:
            raise NoCredentialsError

    [(_, [finding])] = examine(plan(), WithoutCredentials(), access.CHECKS[:1])

    assert finding.state == "wrong"
    assert finding.do.startswith("aws sso login")


def test_every_check_has_a_name_of_its_own() -> None:
    assert len({each.name for each in CHECKS}) == len(CHECKS)


def test_the_laptop_has_a_command_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor"]) == 1
    assert "`make up` checks this machine itself" in capsys.readouterr().err
