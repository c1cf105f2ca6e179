"""The alarms stack: the topic that every alarm notifies."""

from aws_cdk import CfnOutput, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from constructs import Construct

from cdk.conventions.grant import KEY_WRITE
from cdk.conventions.stack import PlatformStack
from cdk.conventions.suppressions import suppress_fn_join
from cdk.monitoring.alarm import topic_name
from cdk.settings.environment import Environment

CLOUDWATCH = "cloudwatch.amazonaws.com"


class AlarmsStack(PlatformStack):
    """The topic with its key."""

    def __init__(self, scope: Construct, construct_id: str, *, environment: Environment) -> None:
        super().__init__(
            scope,
            construct_id,
            environment=environment,
            service="alarms",
            description="The topic of alarms.",
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
