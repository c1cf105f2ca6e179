"""The events stack: the bus that services publish on, and its archive."""

from aws_cdk import CfnOutput, Duration, Stack
from aws_cdk import Environment as Account
from aws_cdk import aws_events as events
from constructs import Construct

from cdk.environment import Environment
from cdk.tags import tag

# What the `detail` of every event of ours says, and of nobody else's: it is a CloudEvents 1.0 envelope.
ENVELOPE = {"specversion": ["1.0"]}


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
        self.bus = events.EventBus(
            self,
            "Bus",
            event_bus_name=environment.prefix,
            description=f"Domain events of {environment.prefix}.",
        )
        self.bus.archive(
            "Archive",
            archive_name=environment.prefix,
            description="Every domain event, to replay.",
            event_pattern=events.EventPattern(detail=ENVELOPE),
            retention=Duration.days(environment.event_archive_days),
        )
        # Exported whether a service uses them yet or not: the first service must not change this stack.
        self.export_value(self.bus.event_bus_name)
        self.export_value(self.bus.event_bus_arn)
        CfnOutput(self, "BusName", value=self.bus.event_bus_name)
        tag(self, environment, service="events", owner="platform")
