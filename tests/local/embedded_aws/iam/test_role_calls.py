"""The record of the calls of roles."""

import os

from ministack.core import iam_actions, iam_evaluator

from tests.local.embedded_aws.iam.roles import TABLE, allow, is_allowed, recorded, set_up


def test_each_call_of_a_role_is_recorded_once_with_the_answer_of_iam() -> None:
    key = set_up()
    allow((["dynamodb:GetItem"], TABLE))
    assert [is_allowed(key, "dynamodb:GetItem") for _ in range(2)] == [True, True]
    assert not is_allowed(key, "dynamodb:PutItem")
    allow((["dynamodb:GetItem", "dynamodb:PutItem"], TABLE))
    assert is_allowed(key, "dynamodb:PutItem")
    iam_evaluator.enforce("000000000000", "dynamodb:Scan", "dynamodb", "eu-west-1", resource_arn=TABLE)

    common = {"role": "r", "session": "tried", "resource": TABLE}
    assert recorded() == [
        {**common, "action": "dynamodb:GetItem", "allowed": True},
        {**common, "action": "dynamodb:PutItem", "allowed": False},
        {**common, "action": "dynamodb:PutItem", "allowed": True},
    ]


def test_a_call_that_iam_is_not_asked_about_is_recorded_as_unknown() -> None:
    key = set_up()
    allow()
    headers = {"authorization": f"AWS4-HMAC-SHA256 Credential={key}/20260101/eu-west-1/sqs/aws4_request, Signature=0"}

    assert iam_actions.extract_iam_action("sqs", "GET", "/nothing", headers, b"", {}) is None

    [line] = recorded()
    assert (line["session"], line["action"], line["resource"]) == ("tried", "sqs:?", "GET /nothing")


def test_nothing_is_recorded_unless_the_environment_names_a_file() -> None:
    key = set_up()
    del os.environ["EMBEDDED_AWS_CALLS_FILE"]
    allow((["dynamodb:GetItem"], TABLE))

    assert is_allowed(key, "dynamodb:GetItem")
    assert recorded() == []
