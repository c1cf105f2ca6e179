"""The check of the address for alarms of the budget."""

import pytest

from operate.checks.account import Parameter
from operate.checks.budget import check_budget
from tests.operate.checks.fakes import FakeAccount, target

NAME = "/platform/dev/alert-address"
GUARDRAILS = {"budget_usd_a_month": 100, "alert_address_parameter": NAME}


def account(kind: str, value: str) -> FakeAccount:
    return FakeAccount(parameters={NAME: Parameter(type=kind, value=value)})


@pytest.mark.parametrize("guardrails", [None, {"budget": False}])
def test_an_environment_without_a_budget_needs_no_address(guardrails: object) -> None:
    assert list(check_budget(target(guardrails=guardrails), FakeAccount())) == []


def test_an_address_that_cloudformation_can_read_is_correct() -> None:
    [finding] = check_budget(target(guardrails=GUARDRAILS), account("String", "owner@shop.io"))

    assert finding.state == "ok"
    assert "owner" not in finding.text


@pytest.mark.parametrize(
    ("found", "text"),
    [
        (FakeAccount(), "does not exist in eu-west-1"),
        (account("SecureString", "AQICAHh"), "is a SecureString"),
        (account("String", "tbd"), "contains no e-mail address"),
    ],
)
def test_an_address_that_a_deployment_would_miss_is_a_problem(found: FakeAccount, text: str) -> None:
    [finding] = check_budget(target(guardrails=GUARDRAILS), found)

    assert (finding.state, NAME in finding.text) == ("problem", True)
    assert text in finding.text
    assert f"aws ssm put-parameter --region eu-west-1 --name {NAME} --type String" in finding.remedy
