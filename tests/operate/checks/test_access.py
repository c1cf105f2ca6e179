"""Whether an account can be deployed to."""

import pytest

from operate.checks.access import CHECKS
from tests.operate.checks.fakes import ACCOUNT, HERE, THERE, FakeAccount, found, named, plan, states
from tests.operate.pricing.resources import stack

VERSION = "/cdk-bootstrap/hnb659fds/version"


def booted(region: str) -> dict[str, object]:
    return {"region": region, "bootstrap_parameter": VERSION, "bootstrap_version": 6}


def test_credentials_of_the_environment_s_account_are_as_they_must_be() -> None:
    assert states(found(named(CHECKS, "account"), plan(account=ACCOUNT), FakeAccount())) == ["ok"]
    assert states(found(named(CHECKS, "account"), plan(), FakeAccount(number="999999999999"))) == ["ok"]


def test_credentials_of_another_account_are_wrong() -> None:
    [finding] = found(named(CHECKS, "account"), plan(account=ACCOUNT), FakeAccount(number="999999999999"))

    assert finding.state == "wrong"
    assert finding.said == "dev is in the account 123456789012, and the credentials are of 999999999999"


def test_every_region_of_a_stack_must_be_enabled() -> None:
    copies = stack({}, name="platform-dev-backup-copies", region=THERE)

    assert states(found(named(CHECKS, "regions"), plan(copies), FakeAccount())) == ["ok", "ok"]
    findings = found(named(CHECKS, "regions"), plan(copies), FakeAccount(regions=[HERE]))
    assert states(findings) == ["ok", "wrong"]
    assert findings[1].do == "aws account enable-region --region-name eu-central-1"


@pytest.mark.parametrize(
    ("version", "state"), [("6", "ok"), ("21", "ok"), ("5", "wrong"), ("six", "wrong"), (None, "wrong")]
)
def test_every_region_must_be_bootstrapped_as_new_as_the_stacks_need(version: str | None, state: str) -> None:
    of = plan(stack({}, **booted(HERE)), stack({}, **booted(THERE)))
    parameters = {(HERE, VERSION): "6"} | ({(THERE, VERSION): version} if version else {})

    findings = found(named(CHECKS, "bootstrap"), of, FakeAccount(parameters=parameters))

    assert states(findings) == ["ok", state]
    if state == "wrong":
        assert findings[1].do == f"node_modules/.bin/cdk bootstrap aws://{ACCOUNT}/{THERE}"


@pytest.mark.parametrize(
    ("state", "expected", "command"),
    [
        ("CREATE_COMPLETE", [], ""),
        ("UPDATE_ROLLBACK_COMPLETE", [], ""),
        ("ROLLBACK_COMPLETE", ["wrong"], "aws cloudformation delete-stack"),
        ("UPDATE_ROLLBACK_FAILED", ["wrong"], "aws cloudformation continue-update-rollback"),
        ("UPDATE_IN_PROGRESS", ["warning"], "wait for it"),
    ],
)
def test_a_stack_that_no_deployment_can_update_is_wrong(state: str, expected: list[str], command: str) -> None:
    of = plan(stack({}))

    findings = found(named(CHECKS, "stacks"), of, FakeAccount(states={"platform-dev-things": state}))

    assert states(findings) == [*expected, "ok"]
    assert findings[0].do.startswith(command)
    assert findings[-1].said == "1 of 1 stacks are in eu-west-1"
