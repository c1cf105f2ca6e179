"""The chat stack: the channels that the topic of alarms notifies.

AWS creates a channel only if its workspace is connected to the account, which no template can do. So no stack depends
on this one, and it is deployed last: a wrong channel stops nothing else.
"""

from aws_cdk import aws_chatbot as chatbot
from aws_cdk import aws_iam as iam
from constructs import Construct

from cdk.conventions.grant import only_on_aws
from cdk.conventions.stack import PlatformStack
from cdk.conventions.suppressions import suppress_fn_join, suppress_nag
from cdk.monitoring.alarm import topic_name
from cdk.settings.environment import Environment

# Members of a channel can only read, even if the channel's role allows more.
GUARDRAIL = "CloudWatchReadOnlyAccess"


class ChatStack(PlatformStack):
    """Channels of Amazon Q Developer in chat applications (formerly AWS Chatbot), with one role.

    Members of a channel can look at graphs of metrics there, and do nothing else.
    """

    def __init__(self, scope: Construct, construct_id: str, *, environment: Environment) -> None:
        super().__init__(
            scope,
            construct_id,
            environment=environment,
            service="chat",
            description="The chat channels that the topic of alarms notifies.",
        )
        role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("chatbot.amazonaws.com"),
            description=f"The chat channels that get the alarms of {environment.prefix}.",
        )
        graphs = iam.PolicyStatement(sid="Graphs", actions=["cloudwatch:GetMetricWidgetImage"], resources=["*"])
        role.add_to_policy(graphs)
        policy = role.node.find_child("DefaultPolicy")
        suppress_nag(
            policy, {"AwsSolutions-IAM5[Resource::*]": "AWS has no resource for cloudwatch:GetMetricWidgetImage."}
        )
        only_on_aws(policy, "A chat shows graphs of alarms with it; a laptop has none.")
        guardrail = iam.ManagedPolicy.from_aws_managed_policy_name(GUARDRAIL).managed_policy_arn
        for name, channel in environment.chat.items():
            added = chatbot.CfnSlackChannelConfiguration(
                self,
                f"{name.capitalize()}Channel",
                configuration_name=f"{environment.prefix}-{name}",
                slack_workspace_id=channel.workspace,
                slack_channel_id=channel.channel,
                iam_role_arn=role.role_arn,
                guardrail_policies=[guardrail],
                logging_level="ERROR",
                sns_topic_arns=[self.format_arn(service="sns", resource=topic_name(environment))],
                user_role_required=False,
            )
            suppress_fn_join(added)
