"""The key that encrypts a service's data: its table, queues, secrets, objects and logs."""

from aws_cdk import Aws, CfnOutput, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from cdk.conventions.grant import KEY_READ, KEY_WRITE, allow, has_untested_statement
from cdk.conventions.removal import removal_of
from cdk.conventions.suppressions import suppress_fn_join
from cdk.settings.environment import Environment
from cdk.settings.manifest import Manifest

AWS_USES_KEY = "AWS uses the key in the role's name where it stores the data; the embedded AWS encrypts nothing."


class ServiceKey(Construct):
    """A key that rotates every year; roles can use it only through the AWS service that stores the data."""

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
        self._allow_logs(f"/aws/lambda/{name}-*")
        if any(function.trigger in {"events", "objects"} for function in manifest.functions.values()):
            self._allow_eventbridge()
        suppress_fn_join(self.key)
        CfnOutput(Stack.of(self), "KeyArn", value=self.arn, export_name=key_export(environment, manifest.service))

    def _allow_logs(self, groups: str) -> None:
        """Let CloudWatch encrypt the logs.

        https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
        """
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

    def _allow_eventbridge(self) -> None:
        """Let EventBridge encrypt the messages that it sends; the policies of the queues name the rules that may send.

        The statement has no condition, as in AWS's documentation. For topics, the documentation warns that EventBridge
        does not support conditions on the account and ARN of the source; an event that cannot be encrypted is lost
        without an error. The policies of the queues guard against the confused deputy: only the rules of this account
        send to the queues that this key encrypts, and a queue of another account cannot use the key.
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
    """Derive the name of the export only from the service's name, so that a new reader changes no other stack."""
    return f"{environment.prefix}-{service}:KeyArn"


def allow_key(
    role: iam.Role, key_arn: str, *, actions: tuple[str, ...] = KEY_READ, through: str, owner: str = ""
) -> None:
    """Allow a role to use a key, only through the AWS service that stores the encrypted data.

    Args:
        role: The role; its policy gets the statement at most once.
        key_arn: The key of the role's own service, or of `owner`.
        actions: The same in each call for one AWS service.
        through: The AWS service.
        owner: Another service of the platform.
    """
    sid = f"{owner.capitalize()}KeyThrough{through.capitalize()}"
    if has_untested_statement(role, sid):
        return
    condition = {"StringEquals": {"kms:ViaService": f"{through}.{Stack.of(role).region}.amazonaws.com"}}
    allow(role, sid, actions, [key_arn], conditions=condition, untested=AWS_USES_KEY)
