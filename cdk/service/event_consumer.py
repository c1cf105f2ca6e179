"""From a bus to a consumer: rules that put events into a work queue with the function at its end."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from cdk.service.function import ServiceFunction
from cdk.service.service_key import ServiceKey
from cdk.service.work_queue import WorkQueue
from cdk.settings.environment import Environment
from cdk.settings.manifest import Queue
from cdk.shared_stacks.event_bus import ENVELOPE
from functions.shared.interface.names import EVERY_EVENT


class EventConsumer(WorkQueue):
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
        self._function = function
        for label, pattern in patterns.items():
            self._rule(label, pattern, bus)
        self.grant_receive(function)

    def connect(self, alias: lambda_.Alias) -> None:
        """Start the function for what is in the queue."""
        self.start(self._function, alias)

    def _rule(self, label: str, pattern: events.EventPattern, bus: events.IEventBus | None) -> None:
        events.Rule(
            self,
            f"{label.capitalize()}Rule",
            description=f"What this consumer takes from {label}.",
            event_bus=bus,
            event_pattern=pattern,
            targets=[
                targets.SqsQueue(
                    self.queue,
                    # An event that cannot even be queued goes where the others go that nobody could handle.
                    dead_letter_queue=self.dead_letters,
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
