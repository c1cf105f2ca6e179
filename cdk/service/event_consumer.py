"""Rules that send events from a bus to the queue of a consumer."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from constructs import Construct

from cdk.service.function import ServiceFunction
from cdk.service.service_key import ServiceKey
from cdk.service.work_queue import WorkQueue
from cdk.settings.environment import Environment
from cdk.settings.manifest import Queue
from cdk.shared_stacks.event_bus import ENVELOPE
from functions.shared.interface.names import EVERY_EVENT


class EventConsumer(WorkQueue):
    """The queue of one consumer, and the rules that send events to it.

    Each pattern of events becomes a rule, named by its label. Without a bus, the rule is on the account's default bus,
    which has the events of AWS itself.
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
        for label, pattern in patterns.items():
            self._add_rule(label, pattern, bus)
        self.grant_receive(function)

    def _add_rule(self, label: str, pattern: events.EventPattern, bus: events.IEventBus | None) -> None:
        events.Rule(
            self,
            f"{label.capitalize()}Rule",
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
