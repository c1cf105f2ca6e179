"""From a bus to a consumer: rules, a queue that absorbs bursts, a dead-letter queue, and the function at its end."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from aws_cdk import CfnOutput, Duration, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from cdk.environment import Environment
from cdk.event_bus import ENVELOPE
from cdk.function import ServiceFunction
from cdk.manifest import EVERY_EVENT
from cdk.queue import queue

BATCH_SIZE = 10
MAX_RECEIVE_COUNT = 5
# What AWS asks for, so that a message is not seen twice while it is retried:
# https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
VISIBILITY_TIMEOUTS = 6
RETENTION = Duration.days(4)


class EventConsumer(Construct):
    """The queue of one consumer and what fills and empties it.

    Each pattern of events becomes a rule, named by its label; without a bus, on the account's own, which AWS's own
    events are on.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment: Environment,
        name: str,
        function: ServiceFunction,
        patterns: Mapping[str, events.EventPattern],
        bus: events.IEventBus | None,
    ) -> None:
        super().__init__(scope, construct_id)
        self._function = function
        self._dead_letters = queue(self, "DeadLetters", environment=environment, name=f"{name}-dlq")
        self._queue = queue(
            self,
            "Queue",
            environment=environment,
            name=name,
            retention=RETENTION,
            visibility_timeout=Duration.seconds(VISIBILITY_TIMEOUTS * function.manifest.timeout_s),
            dead_letter_queue=sqs.DeadLetterQueue(queue=self._dead_letters, max_receive_count=MAX_RECEIVE_COUNT),
        )
        for label, pattern in patterns.items():
            self._rule(label, pattern, bus)
        function.role.add_to_policy(
            iam.PolicyStatement(
                actions=["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"],
                resources=[self._queue.queue_arn],
            ),
        )
        CfnOutput(Stack.of(self), f"{construct_id}QueueUrl", value=self._queue.queue_url)
        CfnOutput(Stack.of(self), f"{construct_id}DeadLetterQueueUrl", value=self._dead_letters.queue_url)

    def connect(self, alias: lambda_.Alias) -> None:
        """Start the function for what is in the queue."""
        mapping = lambda_.CfnEventSourceMapping(
            self,
            "Messages",
            function_name=alias.function_arn,
            event_source_arn=self._queue.queue_arn,
            batch_size=BATCH_SIZE,
            function_response_types=["ReportBatchItemFailures"],
        )
        mapping.node.add_dependency(self._function.role)

    def _rule(self, label: str, pattern: events.EventPattern, bus: events.IEventBus | None) -> None:
        events.Rule(
            self,
            f"{label.capitalize()}Rule",
            description=f"What this consumer takes from {label}.",
            event_bus=bus,
            event_pattern=pattern,
            targets=[
                targets.SqsQueue(
                    self._queue,
                    # An event that cannot even be queued goes where the others go that nobody could handle.
                    dead_letter_queue=self._dead_letters,
                ),
            ],
        )


def domain_events(consumed: Iterable[str]) -> dict[str, events.EventPattern]:
    """One pattern for each publishing service, since one pattern's lists would also match every other pair."""
    types: dict[str, list[str]] = defaultdict(list)
    for event in consumed:
        if event == EVERY_EVENT:
            return {"all": events.EventPattern(detail=ENVELOPE)}
        source, _, event_type = event.partition("/")
        types[source].append(event_type)
    return {
        source: events.EventPattern(source=[source], detail_type=sorted(names), detail=ENVELOPE)
        for source, names in sorted(types.items())
    }


def new_objects(bucket_name: str, prefixes: Iterable[str]) -> dict[str, events.EventPattern]:
    """One pattern for the objects that are created below the prefixes.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
    """
    pattern = events.EventPattern(
        source=["aws.s3"],
        detail_type=["Object Created"],
        detail={
            "bucket": {"name": [bucket_name]},
            "object": {"key": [{"prefix": prefix} for prefix in prefixes]},
        },
    )
    return {"objects": pattern}
