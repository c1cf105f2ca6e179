"""The key that a service's data is encrypted with: its table, queues, secrets, objects and logs."""

from aws_cdk import Aws, CfnOutput, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from cdk.deliberate import JOINED, deliberate
from cdk.environment import Environment
from cdk.manifest import Manifest

READ = ("kms:Decrypt",)
# Who writes into a queue or a bucket gets a data key, and reads it again for the next messages or parts:
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
WRITE = ("kms:Decrypt", "kms:GenerateDataKey")


class ServiceKey(Construct):
    """A key that rotates every year; nobody is allowed to use it but through the service that holds the data."""

    def __init__(self, scope: Construct, construct_id: str, *, environment: Environment, manifest: Manifest) -> None:
        super().__init__(scope, construct_id)
        name = f"{environment.prefix}-{manifest.service}"
        self.key = kms.Key(
            self,
            "Key",
            alias=name,
            description=f"Data of {manifest.service} in {environment.name}.",
            enable_key_rotation=True,
            removal_policy=RemovalPolicy.RETAIN if environment.retains else RemovalPolicy.DESTROY,
        )
        self.arn = self.key.key_arn
        self._let_logs_be_written(f"/aws/lambda/{name}-*")
        if any(function.trigger in {"events", "objects"} for function in manifest.functions.values()):
            self._let_events_be_queued()
        deliberate(self.key, I1022=JOINED)
        CfnOutput(Stack.of(self), "KeyArn", value=self.arn, export_name=key_export(environment, manifest.service))

    def _let_logs_be_written(self, groups: str) -> None:
        """https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html."""
        arn = f"arn:{Aws.PARTITION}:logs:{Aws.REGION}:{Aws.ACCOUNT_ID}:log-group:{groups}"
        self.key.add_to_resource_policy(
            iam.PolicyStatement(
                sid="Logs",
                principals=[iam.ServicePrincipal(f"logs.{Stack.of(self).region}.amazonaws.com")],
                actions=["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey", "kms:ReEncryptFrom",
                         "kms:ReEncryptTo"],
                resources=["*"],
                conditions={"ArnLike": {"kms:EncryptionContext:aws:logs:arn": arn}},
            ),
        )  # fmt: skip

    def _let_events_be_queued(self) -> None:
        """https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-encryption-event-bus-cmkey.html."""
        self.key.add_to_resource_policy(
            iam.PolicyStatement(
                sid="Events",
                principals=[iam.ServicePrincipal("events.amazonaws.com")],
                actions=list(WRITE),
                resources=["*"],
                conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}},
            ),
        )


def key_export(environment: Environment, service: str) -> str:
    """Name what a service's stack exports from the service's name alone, so that a reader changes no other stack."""
    return f"{environment.prefix}-{service}:KeyArn"


def allow_key(role: iam.Role, key_arn: str, *, actions: tuple[str, ...] = READ, through: str) -> None:
    """Allow to use a key, and that to one service of AWS alone, which holds what is encrypted with it."""
    condition = {"StringEquals": {"kms:ViaService": f"{through}.{Stack.of(role).region}.amazonaws.com"}}
    role.add_to_policy(iam.PolicyStatement(actions=list(actions), resources=[key_arn], conditions=condition))
