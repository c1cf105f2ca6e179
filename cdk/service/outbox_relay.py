"""The relay from a table's outbox to the bus: its stream, and the queue for events that cannot be published."""

import json
from typing import cast

from aws_cdk import CfnElement, CfnOutput, Duration, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from cdk.conventions.grant import KEY_WRITE, allow
from cdk.conventions.suppressions import suppress_fn_join, suppress_nag
from cdk.service.function import ServiceFunction
from cdk.service.queue import add_queue
from cdk.service.service_key import ServiceKey, allow_key
from cdk.service.table import ServiceTable
from cdk.settings.environment import Environment
from functions.shared.interface.dead_letters import PARKED
from functions.shared.interface.names import OUTBOX_PREFIX

# Few records of a stream may be events: an import writes a hundred items for each event. Lambda allows 10,000:
# https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-params.html
BATCH_SIZE = 1000
# The relay itself parks events that are invalid. It fails only if the bus is unavailable, which can last for
# hours, or if a record crashes the process; bisecting isolates such a record. A stream keeps its records for 24 hours.
RETRIED_FOR = Duration.hours(6)


class OutboxRelay(Construct):
    """The queue, the grants and the stream of a relay function.

    Call `add_event_source` last: it needs the alias, and no variable can be added once the alias exists.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment: Environment,
        service: str,
        name: str,
        function: ServiceFunction,
        table: ServiceTable,
        bus: events.IEventBus,
        key: ServiceKey,
    ) -> None:
        super().__init__(scope, construct_id)
        self._table = table
        self._parked = add_queue(self, "Parked", environment=environment, name=f"{name}{PARKED}", key=key)
        suppress_nag(self._parked, {"AwsSolutions-SQS3": "It is where records end that a person must look at."})
        function.function.add_environment("BUS_NAME", bus.event_bus_name)
        function.function.add_environment("PARKED_QUEUE_URL", self._parked.queue_url)
        published = [f"{service}/{event}" for event in sorted(function.manifest.publishes)]
        function.function.add_environment("PUBLISHES", ",".join(published))
        # No service can publish in the name of another one:
        # https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-conditions.html
        own = {"events:source": service, "events:detail-type": sorted(function.manifest.publishes)}
        publish = ["events:PutEvents"]
        allow(function.role, "Bus", publish, [bus.event_bus_arn], conditions={"ForAllValues:StringEquals": own})
        self._grant(function.role)
        table.allow_key(function.role)
        allow_key(function.role, key.arn, actions=KEY_WRITE, through="sqs")
        CfnOutput(Stack.of(self), f"{construct_id}ParkedQueueUrl", value=self._parked.queue_url)

    def _grant(self, role: iam.Role) -> None:
        table = self._table.table
        for sid, actions, resource in (
            ("Parked", ["sqs:SendMessage"], self._parked.queue_arn),
            (
                "Outbox",
                ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"],
                self._stream_arn,
            ),
            # The action lists all streams of a table, so it cannot be limited to one stream:
            # https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/iam-policy-read-stream-only.html
            ("Streams", ["dynamodb:ListStreams"], f"{table.table_arn}/stream/*"),
        ):
            allow(role, sid, actions, [resource])
        policy = role.node.find_child("DefaultPolicy")
        suppress_fn_join(policy)
        listed = (
            f"Resource::<{Stack.of(self).get_logical_id(cast('CfnElement', table.node.default_child))}.Arn>/stream/*"
        )
        suppress_nag(policy, {f"AwsSolutions-IAM5[{listed}]": "Streams can be listed by their table alone; see above."})

    def add_event_source(self, function: ServiceFunction, alias: lambda_.Alias) -> None:
        """Invoke the function for new items of the outbox."""
        outbox = {
            "eventName": ["INSERT"],
            "dynamodb": {"NewImage": {self._table.manifest.partition_key: {"S": [{"prefix": OUTBOX_PREFIX}]}}},
        }
        mapping = lambda_.CfnEventSourceMapping(
            self,
            "Stream",
            function_name=alias.function_arn,
            event_source_arn=self._stream_arn,
            # The oldest record first, even from before this deployment, so that no event is lost.
            starting_position="TRIM_HORIZON",
            batch_size=BATCH_SIZE,
            filter_criteria=lambda_.CfnEventSourceMapping.FilterCriteriaProperty(
                filters=[lambda_.CfnEventSourceMapping.FilterProperty(pattern=json.dumps(outbox))],
            ),
            function_response_types=["ReportBatchItemFailures"],
            bisect_batch_on_function_error=True,
            maximum_record_age_in_seconds=RETRIED_FOR.to_seconds(),
            destination_config=lambda_.CfnEventSourceMapping.DestinationConfigProperty(
                on_failure=lambda_.CfnEventSourceMapping.OnFailureProperty(destination=self._parked.queue_arn),
            ),
        )
        mapping.node.add_dependency(function.role)

    @property
    def _stream_arn(self) -> str:
        arn = self._table.table.table_stream_arn
        if arn is None:
            raise ValueError("The table has no stream")
        return arn
