"""The topic of alarms."""

import json

import pytest

from tests.cdk.templates import Assembly, Template, allowed


@pytest.fixture
def alarms(assembly: Assembly) -> Template:
    return assembly.stack("platform-prod-alarms")


def test_only_cloudwatch_may_publish_to_the_topic_and_only_for_this_account(alarms: Template) -> None:
    statements = alarms.only("AWS::SNS::TopicPolicy")["PolicyDocument"]["Statement"]
    grants = [each for each in statements if each["Effect"] == "Allow"]

    assert [(each["Principal"], each["Action"]) for each in grants] == [
        ({"Service": "cloudwatch.amazonaws.com"}, "sns:Publish")
    ]
    assert grants[0]["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}


def test_the_topic_refuses_plain_http_and_is_encrypted_with_a_key_that_cloudwatch_may_use(alarms: Template) -> None:
    topic = alarms.only("AWS::SNS::Topic")
    key = alarms.logical_id("AWS::KMS::Key")
    denied = [each for each in alarms.only("AWS::SNS::TopicPolicy")["PolicyDocument"]["Statement"]
              if each["Effect"] == "Deny"]  # fmt: skip
    users = [each for each in allowed(alarms) if each.get("Principal") == {"Service": "cloudwatch.amazonaws.com"}]

    assert topic["TopicName"] == "platform-prod-alarms"
    assert key in json.dumps(topic["KmsMasterKeyId"])
    assert denied[0]["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert ["kms:Decrypt", "kms:GenerateDataKey"] in [each["Action"] for each in users]
    assert alarms.only("AWS::KMS::Key")["EnableKeyRotation"] is True


def test_an_environment_without_channels_has_the_topic(assembly: Assembly) -> None:
    assert assembly.stack("platform-dev-alarms").only("AWS::SNS::Topic")
    assert "platform-dev-chat" not in assembly.stacks()
