"""Grants to a role, and the reasons why no test calls their actions."""

import pytest
from aws_cdk import App, Stack, assertions
from aws_cdk import aws_iam as iam

from cdk.conventions.grant import EVERYTHING, METADATA_KEY, allow, has_untested_statement, only_on_aws
from tests.cdk.templates import Json

QUEUE = "arn:aws:sqs:eu-west-1:000000000000:work"


@pytest.fixture
def role() -> iam.Role:
    return iam.Role(Stack(App(), "stack"), "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))


def policy_of(role: iam.Role) -> Json:
    found = assertions.Template.from_stack(Stack.of(role)).find_resources("AWS::IAM::Policy")
    [policy] = found.values()
    return dict(policy)


def test_a_grant_is_one_statement_with_its_name(role: iam.Role) -> None:
    allow(role, "Queue", ["sqs:SendMessage"], [QUEUE])

    policy = policy_of(role)

    assert policy["Properties"]["PolicyDocument"]["Statement"] == [
        {"Sid": "Queue", "Effect": "Allow", "Action": "sqs:SendMessage", "Resource": QUEUE}
    ]
    assert METADATA_KEY not in policy.get("Metadata", {})


def test_the_metadata_has_the_reason_of_each_action_that_has_one(role: iam.Role) -> None:
    allow(role, "Queue", ["sqs:SendMessage", "sqs:ReceiveMessage"], [QUEUE], untested={"sqs:SendMessage": "Rare."})
    allow(role, "Other", ["sqs:SendMessage"], [f"{QUEUE}2"], untested="Never called.")

    assert policy_of(role)["Metadata"][METADATA_KEY] == {
        "Queue": {"sqs:SendMessage": "Rare."},
        "Other": {"sqs:SendMessage": "Never called."},
    }


def test_a_reason_for_an_action_of_another_statement_is_ignored(role: iam.Role) -> None:
    allow(role, "Queue", ["sqs:SendMessage"], [QUEUE], untested={"s3:DeleteObject": "Rare."})

    assert METADATA_KEY not in policy_of(role).get("Metadata", {})


def test_statements_on_one_resource_are_not_merged(role: iam.Role) -> None:
    allow(role, "Own", ["sqs:ReceiveMessage"], [QUEUE])
    allow(role, "Sending", ["sqs:SendMessage"], [QUEUE])

    assert [each["Sid"] for each in policy_of(role)["Properties"]["PolicyDocument"]["Statement"]] == ["Own", "Sending"]


def test_a_statement_with_a_reason_is_found_by_its_name(role: iam.Role) -> None:
    assert not has_untested_statement(role, "Queue")

    allow(role, "Queue", ["sqs:SendMessage"], [QUEUE], untested="Never called.")

    assert has_untested_statement(role, "Queue")
    assert not has_untested_statement(role, "Other")


def test_a_role_that_only_aws_has_gets_its_reason(role: iam.Role) -> None:
    only_on_aws(role, "AWS Backup assumes it.")

    found = assertions.Template.from_stack(Stack.of(role)).find_resources("AWS::IAM::Role")

    [resource] = found.values()
    assert resource["Metadata"][METADATA_KEY] == {EVERYTHING: "AWS Backup assumes it."}
