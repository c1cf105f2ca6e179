"""The topic of alarms, and its subscribers."""

import json
from collections.abc import Sequence

import pytest

from cdk.settings.environment import Environment
from cdk.settings.environment_sections import SlackChannel
from cdk.settings.manifest import Manifest
from tests.cdk.templates import Assembly, Synthesize, Template, allowed


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


def test_a_channel_subscribes_to_the_topic_and_may_only_read(alarms: Template) -> None:
    channel = alarms.only("AWS::Chatbot::SlackChannelConfiguration")

    assert channel["SnsTopicArns"] == [{"Ref": alarms.logical_id("AWS::SNS::Topic")}]
    assert channel["ConfigurationName"] == "platform-prod-on-call"
    # Without guardrails, a channel's members may do everything that an administrator may.
    [guardrail] = channel["GuardrailPolicies"]
    assert json.dumps(guardrail).endswith(':iam::aws:policy/CloudWatchReadOnlyAccess"]]}')
    assert alarms.granted("The chat channels that get the alarms of platform-prod.") == {
        "cloudwatch:GetMetricWidgetImage": "*"
    }


def test_each_channel_of_the_environment_s_file_subscribes_to_the_topic(
    examples: Sequence[Manifest], prod: Environment, synthesize: Synthesize
) -> None:
    chat = {name: SlackChannel(workspace="T0123ABCD", channel=f"C0123ABC{name[0].upper()}") for name in ("one", "two")}
    stack = synthesize(examples, [prod.model_copy(update={"chat": chat})]).stack("platform-prod-alarms")

    channels = stack.resources("AWS::Chatbot::SlackChannelConfiguration")

    assert {(each["SlackWorkspaceId"], each["SlackChannelId"]) for each in channels} == {
        ("T0123ABCD", "C0123ABCO"),
        ("T0123ABCD", "C0123ABCT"),
    }


def test_an_environment_without_channels_still_has_the_topic(assembly: Assembly) -> None:
    dev = assembly.stack("platform-dev-alarms")

    assert dev.only("AWS::SNS::Topic")
    assert not dev.resources("AWS::Chatbot::SlackChannelConfiguration")
    assert not dev.resources("AWS::IAM::Role")
