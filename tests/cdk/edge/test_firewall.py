"""The firewall: blocked requests, counted requests, and the answers."""

import json

import pytest

from cdk.edge.firewall_rules import COUNTED, MANAGED_RULES
from tests.cdk.templates import Json, Template


@pytest.fixture
def rules(gateway: Template) -> list[Json]:
    found: list[Json] = gateway.only("AWS::WAFv2::WebACL")["Rules"]
    return found


@pytest.fixture
def actions(rules: list[Json]) -> dict[str, Json]:
    """The action of each rule of AWS's groups, by the rule's name."""
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
def test_requests_that_the_api_allows_are_only_counted(actions: dict[str, Json], allowed: str) -> None:
    assert actions[allowed] == {"Count": {}}


def test_every_other_rule_blocks_and_each_exception_has_a_reason(actions: dict[str, Json]) -> None:
    counted = {name for name, action in actions.items() if "Count" in action}

    assert counted == COUNTED.keys()
    assert all(reason.endswith(".") for reason in COUNTED.values())
    assert len(actions) == sum(len(names) for names in MANAGED_RULES.values())
    assert {tuple(action) for name, action in actions.items() if name not in counted} == {("Block",)}


def test_each_counted_rule_is_a_rule_of_a_group() -> None:
    # WAF ignores an override of an unknown rule, and would still block.
    assert COUNTED.keys() <= {name for names in MANAGED_RULES.values() for name in names}


def test_a_blocked_request_is_answered_with_a_problem(
    gateway: Template, actions: dict[str, Json], rules: list[Json]
) -> None:
    bodies = gateway.only("AWS::WAFv2::WebACL")["CustomResponseBodies"]
    answers = [action["Block"]["CustomResponse"] for action in actions.values() if "Block" in action]
    answers.append(rules[0]["Action"]["Block"]["CustomResponse"])

    for answer in answers:
        body = bodies[answer["CustomResponseBodyKey"]]
        problem = json.loads(body["Content"])
        assert body["ContentType"] == "APPLICATION_JSON"
        assert problem.keys() == {"type", "title", "status", "detail"}
        assert problem["type"].startswith("urn:problem-type:")
        assert problem["status"] == answer["ResponseCode"]
    assert {answer["ResponseCode"] for answer in answers} == {403, 429}


def test_a_client_over_the_limit_is_told_when_to_retry(rules: list[Json]) -> None:
    headers = rules[0]["Action"]["Block"]["CustomResponse"]["ResponseHeaders"]

    assert {"Name": "retry-after", "Value": "300"} in headers
