"""The channels that get alarms, in a stack that stops no other one."""

import json
from collections.abc import Sequence

import pytest

from cdk.settings.environment import Environment
from cdk.settings.environment_sections import SlackChannel
from cdk.settings.manifest import Manifest
from tests.cdk.templates import Assembly, Synthesize, Template


@pytest.fixture
def chat(assembly: Assembly) -> Template:
    return assembly.stack("platform-prod-chat")


def test_a_channel_subscribes_to_the_topic_and_may_only_read(chat: Template) -> None:
    channel = chat.only("AWS::Chatbot::SlackChannelConfiguration")

    assert json.dumps(channel["SnsTopicArns"]).endswith(':platform-prod-alarms"]]}]')
    assert channel["ConfigurationName"] == "platform-prod-on-call"
    # Without guardrails, a channel's members may do everything that an administrator may.
    [guardrail] = channel["GuardrailPolicies"]
    assert json.dumps(guardrail).endswith(':iam::aws:policy/CloudWatchReadOnlyAccess"]]}')
    assert chat.granted("The chat channels that get the alarms of platform-prod.") == {
        "cloudwatch:GetMetricWidgetImage": "*"
    }


def test_each_channel_of_the_environment_s_file_subscribes_to_the_topic(
    examples: Sequence[Manifest], prod: Environment, synthesize: Synthesize
) -> None:
    channels = {
        name: SlackChannel(workspace="T0123ABCD", channel=f"C0123ABC{name[0].upper()}") for name in ("one", "two")
    }
    stack = synthesize(examples, [prod.model_copy(update={"chat": channels})]).stack("platform-prod-chat")

    added = stack.resources("AWS::Chatbot::SlackChannelConfiguration")

    assert {(each["SlackWorkspaceId"], each["SlackChannelId"]) for each in added} == {
        ("T0123ABCD", "C0123ABCO"),
        ("T0123ABCD", "C0123ABCT"),
    }


def test_it_is_deployed_last_so_a_channel_that_is_refused_stops_no_other_stack(assembly: Assembly) -> None:
    manifest = json.loads((assembly.folder / "manifest.json").read_text("utf-8"))
    depends = {
        name: {each for each in artifact.get("dependencies", ()) if not each.endswith(".assets")}
        for name, artifact in manifest["artifacts"].items()
        if name.startswith("platform-prod-") and artifact["type"] == "aws:cloudformation:stack"
    }

    assert depends.pop("platform-prod-chat") == depends.keys()
    assert not any("platform-prod-chat" in others for others in depends.values())
