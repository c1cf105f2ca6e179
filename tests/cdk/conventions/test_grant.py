"""What a role may do, and the reason where nobody sees it."""

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


def test_a_role_may_do_what_is_allowed_under_the_statement_s_name_and_no_more(role: iam.Role) -> None:
    allow(role, "Queue", ["sqs:SendMessage"], [QUEUE])

    policy = policy_of(role)

    assert policy["Properties"]["PolicyDocument"]["Statement"] == [
        {"Sid": "Queue", "Effect": "Allow", "Action": "sqs:SendMessage", "Resource": QUEUE}
    ]
    assert METADATA_KEY not in policy.get("Metadata", {})


def test_a_reason_stands_beside_the_statement_for_each_action_that_it_is_given_for(role: iam.Role) -> None:
    allow(role, "Queue", ["sqs:SendMessage", "sqs:ReceiveMessage"], [QUEUE], untested={"sqs:SendMessage": "Rare."})
    allow(role, "Other", ["sqs:SendMessage"], [f"{QUEUE}2"], untested="Nobody does.")

    assert policy_of(role)["Metadata"][METADATA_KEY] == {
        "Queue": {"sqs:SendMessage": "Rare."},
        "Other": {"sqs:SendMessage": "Nobody does."},
    }


def test_a_reason_for_another_action_is_not_has_untested_statement(role: iam.Role) -> None:
    allow(role, "Queue", ["sqs:SendMessage"], [QUEUE], untested={"s3:DeleteObject": "Rare."})

    assert METADATA_KEY not in policy_of(role).get("Metadata", {})


def test_statements_that_could_be_put_together_keep_their_names(role: iam.Role) -> None:
    allow(role, "Own", ["sqs:ReceiveMessage"], [QUEUE])
    allow(role, "Sending", ["sqs:SendMessage"], [QUEUE])

    assert [each["Sid"] for each in policy_of(role)["Properties"]["PolicyDocument"]["Statement"]] == ["Own", "Sending"]


def test_what_is_noted_is_known(role: iam.Role) -> None:
    assert not has_untested_statement(role, "Queue")

    allow(role, "Queue", ["sqs:SendMessage"], [QUEUE], untested="Nobody does.")

    assert has_untested_statement(role, "Queue")
    assert not has_untested_statement(role, "Other")


def test_a_role_that_the_laptop_does_not_have_says_why(role: iam.Role) -> None:
    only_on_aws(role, "AWS Backup assumes it.")

    found = assertions.Template.from_stack(Stack.of(role)).find_resources("AWS::IAM::Role")

    [resource] = found.values()
    assert resource["Metadata"][METADATA_KEY] == {EVERYTHING: "AWS Backup assumes it."}
