"""The key that a service's data is encrypted with: its table, queues, secrets, objects and logs."""

from aws_cdk import Aws, CfnOutput, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from cdk.conventions.grant import KEY_READ, KEY_WRITE, allow, has_untested_statement
from cdk.conventions.removal import removal_of
from cdk.conventions.suppressions import suppress_fn_join
from cdk.settings.environment import Environment
from cdk.settings.manifest import Manifest

IN_THE_NAME_OF_THE_ROLE = "Who keeps the data uses the key in the role's name; the embedded AWS encrypts nothing."


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
            removal_policy=removal_of(environment),
        )
        self.arn = self.key.key_arn
        self._let_logs_be_written(f"/aws/lambda/{name}-*")
        if any(function.trigger in {"events", "objects"} for function in manifest.functions.values()):
            self._let_events_be_queued()
        suppress_fn_join(self.key)
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
        """Let EventBridge encrypt what it puts into queues; which rules may put something there, the queues say.

        As AWS says it, without a condition: of the source's account and ARN it says, for topics, that they are not
        supported here, and an event that cannot be encrypted is lost without a word.
        https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-targets.html
        https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
        """
        self.key.add_to_resource_policy(
            iam.PolicyStatement(
                sid="Events",
                principals=[iam.ServicePrincipal("events.amazonaws.com")],
                actions=list(KEY_WRITE),
                resources=["*"],
            ),
        )


def key_export(environment: Environment, service: str) -> str:
    """Name what a service's stack exports from the service's name alone, so that a reader changes no other stack."""
    return f"{environment.prefix}-{service}:KeyArn"


def allow_key(
    role: iam.Role, key_arn: str, *, actions: tuple[str, ...] = KEY_READ, through: str, owner: str = ""
) -> None:
    """Allow to use a key, and that to one service of AWS alone, which holds what is encrypted with it.

    Args:
        role: Whose policy gets the statement, once.
        key_arn: Its own service's key, or the `owner`'s.
        actions: The same for each call about one service of AWS.
        through: The service of AWS.
        owner: Another service of ours.
    """
    sid = f"{owner.capitalize()}KeyThrough{through.capitalize()}"
    if has_untested_statement(role, sid):
        return
    condition = {"StringEquals": {"kms:ViaService": f"{through}.{Stack.of(role).region}.amazonaws.com"}}
    allow(role, sid, actions, [key_arn], conditions=condition, untested=IN_THE_NAME_OF_THE_ROLE)
