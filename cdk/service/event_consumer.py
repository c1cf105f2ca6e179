"""Rules that send events from a bus to the queue of a consumer."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from aws_cdk import Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from constructs import Construct

from cdk.conventions.camel_case import camel
from cdk.conventions.suppressions import suppress_fn_join
from cdk.service.function import ServiceFunction
from cdk.service.service_key import ServiceKey
from cdk.service.work_queue import WorkQueue
from cdk.settings.environment import Environment
from cdk.settings.manifest import PlatformSource, Queue
from cdk.shared_stacks.event_bus import ENVELOPE
from functions.shared.interface.names import EVERY_EVENT

# The sources of AWS with patterns that contain an ARN, and with it the account.
BY_ARN = frozenset({"aws.cloudformation", "aws.ecs"})


class EventConsumer(WorkQueue):
    """The queue of one consumer, and the rules that send events to it.

    Each pattern of events becomes a rule, named by its label. Without a bus, the rule is on the account's default bus,
    which has the events of AWS itself. `add_rules` adds rules on another bus.
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
        key: ServiceKey,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            environment=environment,
            name=name,
            worker=function.manifest,
            settings=Queue(),
            key=key,
        )
        self.add_rules(patterns, bus=bus)
        self.grant_receive(function)

    def add_rules(self, patterns: Mapping[str, events.EventPattern], *, bus: events.IEventBus | None) -> None:
        """Send the events of a bus that match a pattern to the queue, by a rule for each pattern."""
        for label, pattern in patterns.items():
            self._add_rule(label, pattern, bus)

    def _add_rule(self, label: str, pattern: events.EventPattern, bus: events.IEventBus | None) -> None:
        rule = events.Rule(
            self,
            f"{camel(label.replace('.', '-'))}Rule",
            description=f"What this consumer takes from {label}.",
            event_bus=bus,
            event_pattern=pattern,
            targets=[
                targets.SqsQueue(
                    self.queue,
                    # EventBridge sends an event here if it cannot send it to the queue.
                    dead_letter_queue=self.dead_letters,
                ),
            ],
        )
        if label in BY_ARN:
            suppress_fn_join(rule)


def domain_events(consumed: Iterable[str]) -> dict[str, events.EventPattern]:
    """Return a pattern for each publishing service; a single one would match every pair of its sources and types."""
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


def platform_events(
    stack: Stack, environment: Environment, sources: Iterable[PlatformSource]
) -> dict[str, events.EventPattern]:
    """Return a pattern for each source, of the events on the environment's own stacks, alarms, services and cluster.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/event-detail-stack-status-change.html
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html
    https://docs.aws.amazon.com/codedeploy/latest/userguide/monitoring-cloudwatch-events.html
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_service_deployment_events.html
    """
    prefix = environment.prefix
    # Stacks are named `<prefix>-<service>`; the cluster is named like the prefix itself.
    stacks = stack.format_arn(service="cloudformation", resource="stack", resource_name=f"{prefix}-")
    services = stack.format_arn(service="ecs", resource="service", resource_name=f"{prefix}/")
    patterns = {
        "aws.cloudformation": events.EventPattern(
            source=["aws.cloudformation"],
            detail_type=["CloudFormation Stack Status Change"],
            detail={"stack-id": [{"prefix": stacks}]},
        ),
        "aws.cloudwatch": events.EventPattern(
            source=["aws.cloudwatch"],
            detail_type=["CloudWatch Alarm State Change", "CloudWatch Alarm Configuration Change"],
            # A new alarm's change to OK says nothing. The deletion of an alarm that fires is no change of its state.
            detail={
                "alarmName": [{"prefix": f"{prefix}-"}],
                "$or": [{"state": {"value": ["ALARM"]}}, {"previousState": {"value": ["ALARM"]}}],
            },
        ),
        "aws.codedeploy": events.EventPattern(
            source=["aws.codedeploy"],
            detail_type=["CodeDeploy Deployment State-change Notification"],
            detail={"application": [{"prefix": f"{prefix}-"}]},
        ),
        "aws.ecs": events.EventPattern(
            source=["aws.ecs"],
            detail_type=["ECS Deployment State Change"],
            resources=events.Match.prefix(services),
        ),
    }
    return {source: patterns[source] for source in sorted(sources)}


def new_objects(bucket_name: str, prefixes: Iterable[str]) -> dict[str, events.EventPattern]:
    """Return the pattern of new objects below the prefixes.

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
