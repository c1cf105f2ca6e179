"""The events stack: the bus of domain events, its archive, and the key that encrypts both."""

from typing import cast

from aws_cdk import CfnOutput, Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from cdk.conventions.removal import removal_of
from cdk.conventions.stack import PlatformStack
from cdk.conventions.suppressions import suppress_fn_join, suppress_nag
from cdk.monitoring.alarm import Alarm, add_alarms
from cdk.monitoring.metric import queue_metric
from cdk.settings.environment import Environment
from cdk.settings.manifest import LONGEST_RETENTION_DAYS
from cdk.settings.stack_names import SharedStack
from functions.shared.interface.names import CLOUDEVENTS_VERSION

# Only domain events have a CloudEvents 1.0 envelope as their `detail`.
ENVELOPE = {"specversion": [CLOUDEVENTS_VERSION]}
EVENTBRIDGE = "events.amazonaws.com"
# The actions on the key that the bus, its archive and replays need:
# https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-encryption-key-policy.html
KEY_ACTIONS = ("kms:Decrypt", "kms:GenerateDataKey", "kms:ReEncryptFrom", "kms:ReEncryptTo")
UNDELIVERED = f"{SharedStack.EVENTS}-undelivered"
LAST_QUEUE = "It holds events that a person must handle."


class EventsStack(PlatformStack):
    """The bus, its archive, the key, and the queue of events that the bus could not encrypt."""

    def __init__(self, scope: Construct, construct_id: str, *, environment: Environment) -> None:
        super().__init__(
            scope, construct_id, environment=environment, service="events", description="The bus of domain events."
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
        # Set here because the CDK's own properties would put wildcards into the key's policy.
        bus.kms_key_identifier = key.key_arn
        cast("events.CfnArchive", archive.node.find_child("Archive")).kms_key_identifier = key.key_arn
        bus.dead_letter_config = events.CfnEventBus.DeadLetterConfigProperty(arn=self._undelivered().queue_arn)
        # Exported even if no service imports them: the first service must not change this stack.
        self.export_value(self.bus.event_bus_name)
        self.export_value(self.bus.event_bus_arn)
        CfnOutput(self, "BusName", value=self.bus.event_bus_name)

    def _key(self) -> kms.Key:
        """Create the key; publishers need no right to it, because EventBridge uses it in its own name."""
        key = kms.Key(
            self,
            "Key",
            alias=SharedStack.EVENTS.of(self._environment),
            description=f"Events of {self._environment.name}.",
            enable_key_rotation=True,
            removal_policy=removal_of(self._environment),
        )
        context = {"StringEquals": {"kms:EncryptionContext:aws:events:event-bus:arn": self._bus_arn}}
        for sid, actions, conditions in (("Bus", KEY_ACTIONS, context), ("Look", ("kms:DescribeKey",), None)):
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
        """Create the queue of events that the bus could not encrypt; it therefore uses the key of SQS.

        https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-encryption-event-bus-dlq.html
        """
        made = sqs.Queue(
            self,
            "Undelivered",
            queue_name=f"{self._environment.prefix}-{UNDELIVERED}",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=Duration.days(LONGEST_RETENTION_DAYS),
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
        without_key = "It holds the events that the key of the bus failed for; SQS encrypts it with its own key."
        suppress_nag(
            made,
            {"AwsSolutions-SQS3": LAST_QUEUE, "Serverless-SQSRedrivePolicy": LAST_QUEUE, "CKV_AWS_27": without_key},
        )
        add_alarms(
            self,
            self._environment,
            [
                Alarm(
                    name=UNDELIVERED,
                    description="The bus could not use its key; it put the events into the queue events-undelivered.",
                    metric=queue_metric(self._environment, UNDELIVERED, "ApproximateNumberOfMessagesVisible"),
                    threshold=0,
                )
            ],
        )
        return made
