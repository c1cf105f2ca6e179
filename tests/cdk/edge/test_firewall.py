"""What the firewall refuses, what it only counts, and what the refused are told."""

import json

import pytest

from cdk.edge.firewall_rules import COUNTED, MANAGED_RULES
from tests.cdk.templates import Assembly, Json, Template


@pytest.fixture
def gateway(assembly: Assembly) -> Template:
    return assembly.stack("platform-prod-gateway")


@pytest.fixture
def rules(gateway: Template) -> list[Json]:
    found: list[Json] = gateway.only("AWS::WAFv2::WebACL")["Rules"]
    return found


@pytest.fixture
def actions(rules: list[Json]) -> dict[str, Json]:
    """What is done where a rule of AWS's groups matches, by the rule's name."""
    groups = [rule["Statement"]["ManagedRuleGroupStatement"] for rule in rules[1:]]
    return {each["Name"]: each["ActionToUse"] for group in groups for each in group["RuleActionOverrides"]}


def test_a_rate_rule_comes_first_and_then_aws_s_own(rules: list[Json]) -> None:
    assert [rule["Priority"] for rule in rules] == [0, 1, 2, 3]
    assert rules[0]["Statement"]["RateBasedStatement"]["Limit"] == 15_000
    assert [rule["Name"] for rule in rules[1:]] == [
        "AWSManagedRulesAmazonIpReputationList",
        "AWSManagedRulesKnownBadInputsRuleSet",
        "AWSManagedRulesCommonRuleSet",
    ]


@pytest.mark.parametrize(
    "allowed",
    [
        "NoUserAgent_HEADER",
        "GenericRFI_BODY",
        "GenericLFI_BODY",
        "CrossSiteScripting_BODY",
        "SizeRestrictions_BODY",
    ],
)
def test_what_the_api_allows_is_counted_and_let_in(actions: dict[str, Json], allowed: str) -> None:
    assert actions[allowed] == {"Count": {}}


def test_nothing_else_is_let_in_and_each_exception_has_a_reason(actions: dict[str, Json]) -> None:
    counted = {name for name, action in actions.items() if "Count" in action}

    assert counted == COUNTED.keys()
    assert all(reason.endswith(".") for reason in COUNTED.values())
    assert len(actions) == sum(len(names) for names in MANAGED_RULES.values())
    assert {tuple(action) for name, action in actions.items() if name not in counted} == {("Block",)}


def test_what_is_only_counted_is_a_rule_of_a_group() -> None:
    # WAF ignores an override of a rule that it does not know, and goes on refusing.
    assert COUNTED.keys() <= {name for names in MANAGED_RULES.values() for name in names}


def test_who_is_refused_is_told_so_by_a_problem(gateway: Template, actions: dict[str, Json], rules: list[Json]) -> None:
    bodies = gateway.only("AWS::WAFv2::WebACL")["CustomResponseBodies"]
    refusals = [action["Block"]["CustomResponse"] for action in actions.values() if "Block" in action]
    refusals.append(rules[0]["Action"]["Block"]["CustomResponse"])

    for refusal in refusals:
        body = bodies[refusal["CustomResponseBodyKey"]]
        problem = json.loads(body["Content"])
        assert body["ContentType"] == "APPLICATION_JSON"
        assert problem.keys() == {"type", "title", "status", "detail"}
        assert problem["type"].startswith("urn:problem-type:")
        assert problem["status"] == refusal["ResponseCode"]
    assert {refusal["ResponseCode"] for refusal in refusals} == {403, 429}


def test_who_sent_too_much_is_told_when_to_come_again(rules: list[Json]) -> None:
    headers = rules[0]["Action"]["Block"]["CustomResponse"]["ResponseHeaders"]

    assert {"Name": "retry-after", "Value": "300"} in headers
