"""The alarms stack: the topic that every alarm notifies, and the chat channels that subscribe to it."""

from aws_cdk import CfnOutput, RemovalPolicy
from aws_cdk import aws_chatbot as chatbot
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from constructs import Construct

from cdk.conventions.grant import KEY_WRITE, only_on_aws
from cdk.conventions.stack import PlatformStack
from cdk.conventions.suppressions import suppress_fn_join, suppress_nag
from cdk.monitoring.alarm import topic_name
from cdk.settings.environment import Environment

# Members of a channel can only read, even if the channel's role allows more.
GUARDRAIL = "CloudWatchReadOnlyAccess"
CLOUDWATCH = "cloudwatch.amazonaws.com"


class AlarmsStack(PlatformStack):
    """The topic with its key, and its channels."""

    def __init__(self, scope: Construct, construct_id: str, *, environment: Environment) -> None:
        super().__init__(
            scope,
            construct_id,
            environment=environment,
            service="alarms",
            description="The topic of alarms, and the chat channels that it notifies.",
        )
        self._environment = environment
        self.topic = sns.Topic(
            self,
            "Topic",
            topic_name=topic_name(environment),
            display_name=f"Alarms of {environment.prefix}",
            master_key=self._key(),
            enforce_ssl=True,
        )
        self.topic.add_to_resource_policy(
            iam.PolicyStatement(
                sid="Alarms",
                principals=[iam.ServicePrincipal(CLOUDWATCH)],
                actions=["sns:Publish"],
                resources=[self.topic.topic_arn],
                conditions={"StringEquals": {"aws:SourceAccount": self.account}},
            )
        )
        if environment.chat:
            self._chat()
        CfnOutput(self, "TopicArn", value=self.topic.topic_arn)

    def _key(self) -> kms.Key:
        """Create the topic's key: CloudWatch needs a right to it, which an AWS managed key cannot give.

        https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
        """
        key = kms.Key(
            self,
            "Key",
            alias=topic_name(self._environment),
            description=f"Alarms of {self._environment.name}.",
            enable_key_rotation=True,
            # It encrypts only notifications, which are in transit for seconds.
            removal_policy=RemovalPolicy.DESTROY,
        )
        key.add_to_resource_policy(
            iam.PolicyStatement(
                sid="Alarms",
                principals=[iam.ServicePrincipal(CLOUDWATCH)],
                actions=list(KEY_WRITE),
                resources=["*"],
                conditions={"StringEquals": {"aws:SourceAccount": self.account}},
            )
        )
        suppress_fn_join(key)
        return key

    def _chat(self) -> None:
        """Let Amazon Q Developer in chat applications (formerly AWS Chatbot) post the topic's notifications.

        Members of a channel can look at graphs of metrics there, and do nothing else.
        """
        role = iam.Role(
            self,
            "ChatRole",
            assumed_by=iam.ServicePrincipal("chatbot.amazonaws.com"),
            description=f"The chat channels that get the alarms of {self._environment.prefix}.",
        )
        graphs = iam.PolicyStatement(sid="Graphs", actions=["cloudwatch:GetMetricWidgetImage"], resources=["*"])
        role.add_to_policy(graphs)
        policy = role.node.find_child("DefaultPolicy")
        suppress_nag(
            policy, {"AwsSolutions-IAM5[Resource::*]": "AWS has no resource for cloudwatch:GetMetricWidgetImage."}
        )
        only_on_aws(policy, "A chat shows graphs of alarms with it; a laptop has none.")
        guardrail = iam.ManagedPolicy.from_aws_managed_policy_name(GUARDRAIL).managed_policy_arn
        for name, channel in self._environment.chat.items():
            added = chatbot.CfnSlackChannelConfiguration(
                self,
                f"{name.capitalize()}Channel",
                configuration_name=f"{self._environment.prefix}-{name}",
                slack_workspace_id=channel.workspace,
                slack_channel_id=channel.channel,
                iam_role_arn=role.role_arn,
                guardrail_policies=[guardrail],
                logging_level="ERROR",
                sns_topic_arns=[self.topic.topic_arn],
                user_role_required=False,
            )
            suppress_fn_join(added)
