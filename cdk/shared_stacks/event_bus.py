"""The events stack: the bus that services publish on, its archive, and the key that both are encrypted with."""

from typing import cast

from aws_cdk import CfnOutput, Duration, Stack
from aws_cdk import Environment as Account
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from cdk.conventions.removal import removal_of
from cdk.conventions.suppressions import suppress_fn_join, suppress_nag
from cdk.conventions.tags import tag
from cdk.monitoring.alarm import Alarm, add_alarms
from cdk.monitoring.metric import of_queue
from cdk.service.queue import LONGEST
from cdk.settings.environment import Environment
from cdk.settings.stack_names import SharedStack
from functions.shared.interface.names import CLOUDEVENTS_VERSION

# The `detail` of only our own events is a CloudEvents envelope.
ENVELOPE = {"specversion": [CLOUDEVENTS_VERSION]}
EVENTBRIDGE = "events.amazonaws.com"
# What the bus and its archive do with a key, those of replays included:
# https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-encryption-key-policy.html
USES = ("kms:Decrypt", "kms:GenerateDataKey", "kms:ReEncryptFrom", "kms:ReEncryptTo")
UNDELIVERED = f"{SharedStack.EVENTS}-undelivered"
HAS_NONE = "It is where events end that a person must look at."


class EventsStack(Stack):
    """What the services share on the way of an event."""

    def __init__(self, scope: Construct, construct_id: str, *, environment: Environment) -> None:
        super().__init__(
            scope,
            construct_id,
            env=Account(account=environment.account, region=environment.region),
            description="The bus of domain events.",
            termination_protection=environment.retains,
        )
        self._environment = environment
        self._bus_arn = self.format_arn(service="events", resource="event-bus", resource_name=environment.prefix)
        key = self._key()
        self.bus = events.EventBus(
            self,
            "Bus",
            event_bus_name=environment.prefix,
            description=f"Domain events of {environment.prefix}.",
        )
        archive = self.bus.archive(
            "Archive",
            archive_name=environment.prefix,
            description="Every domain event, to replay.",
            event_pattern=events.EventPattern(detail=ENVELOPE),
            retention=Duration.days(environment.event_archive_days),
        )
        bus = cast("events.CfnEventBus", self.bus.node.default_child)
        # The CDK's own properties would put wildcards into the key's policy.
        bus.kms_key_identifier = key.key_arn
        cast("events.CfnArchive", archive.node.find_child("Archive")).kms_key_identifier = key.key_arn
        bus.dead_letter_config = events.CfnEventBus.DeadLetterConfigProperty(arn=self._undelivered().queue_arn)
        # Exported whether a service uses them yet or not: the first service must not change this stack.
        self.export_value(self.bus.event_bus_name)
        self.export_value(self.bus.event_bus_arn)
        CfnOutput(self, "BusName", value=self.bus.event_bus_name)
        tag(self, environment, service="events", owner="platform")

    def _key(self) -> kms.Key:
        """Make the key; who publishes needs no right to it, since EventBridge uses it in its own name."""
        key = kms.Key(
            self,
            "Key",
            alias=SharedStack.EVENTS.of(self._environment),
            description=f"Events of {self._environment.name}.",
            enable_key_rotation=True,
            removal_policy=removal_of(self._environment),
        )
        context = {"StringEquals": {"kms:EncryptionContext:aws:events:event-bus:arn": self._bus_arn}}
        for sid, actions, conditions in (("Bus", USES, context), ("Look", ("kms:DescribeKey",), None)):
            key.add_to_resource_policy(
                iam.PolicyStatement(
                    sid=sid,
                    principals=[iam.ServicePrincipal(EVENTBRIDGE)],
                    actions=list(actions),
                    resources=["*"],
                    conditions=conditions,
                )
            )
        suppress_fn_join(key)
        return key

    def _undelivered(self) -> sqs.Queue:
        """Make the queue of events that the key was not there for; so it has a key of SQS's own.

        https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-encryption-event-bus-dlq.html
        """
        made = sqs.Queue(
            self,
            "Undelivered",
            queue_name=f"{self._environment.prefix}-{UNDELIVERED}",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=LONGEST,
        )
        made.add_to_resource_policy(
            iam.PolicyStatement(
                sid="Bus",
                principals=[iam.ServicePrincipal(EVENTBRIDGE)],
                actions=["sqs:SendMessage"],
                resources=[made.queue_arn],
                conditions={"ArnEquals": {"aws:SourceArn": self._bus_arn}},
            )
        )
        suppress_fn_join(made.node.find_child("Policy"))
        without_key = "It holds what the key of the bus was not there for; SQS encrypts it with a key of its own."
        suppress_nag(
            made,
            {"AwsSolutions-SQS3": HAS_NONE, "Serverless-SQSRedrivePolicy": HAS_NONE, "CKV_AWS_27": without_key},
        )
        add_alarms(
            self,
            self._environment,
            [
                Alarm(
                    name=UNDELIVERED,
                    says="Events could not be encrypted or decrypted with the key of the bus.",
                    metric=of_queue(self._environment, UNDELIVERED, "ApproximateNumberOfMessagesVisible"),
                    above=0,
                )
            ],
        )
        return made
