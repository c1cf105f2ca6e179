"""A queue with its dead-letter queue, and the function that consumes it."""

from aws_cdk import CfnOutput, Duration, Stack
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from cdk.conventions.camel_case import camel
from cdk.conventions.grant import KEY_WRITE, allow
from cdk.conventions.suppressions import suppress_nag
from cdk.service.function import ServiceFunction
from cdk.service.queue import add_queue
from cdk.service.service_key import ServiceKey, allow_key
from cdk.settings.environment import Environment
from cdk.settings.manifest import Function, Queue
from functions.shared.interface.dead_letters import DEAD_LETTERS

BATCH_SIZE = 10
# The visibility timeout, in timeouts of the function: AWS recommends six, so that a retried message stays hidden.
# https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
VISIBILITY_TIMEOUTS = 6


class WorkQueue(Construct):
    """A queue, its dead-letter queue, and the event source mapping to the function `worker`."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment: Environment,
        name: str,
        worker: Function,
        settings: Queue,
        key: ServiceKey,
    ) -> None:
        super().__init__(scope, construct_id)
        self._worker = worker
        self._key = key
        self._max_receives = settings.max_receives
        self.dead_letters = add_queue(
            self, "DeadLetters", environment=environment, name=f"{name}{DEAD_LETTERS}", key=key
        )
        self.queue = add_queue(
            self,
            "Queue",
            environment=environment,
            name=name,
            key=key,
            retention=Duration.days(settings.retention_days),
            visibility_timeout=Duration.seconds(VISIBILITY_TIMEOUTS * worker.timeout_s),
            dead_letter_queue=sqs.DeadLetterQueue(queue=self.dead_letters, max_receive_count=settings.max_receives),
        )
        CfnOutput(Stack.of(self), f"{construct_id}QueueUrl", value=self.queue.queue_url)
        CfnOutput(Stack.of(self), f"{construct_id}DeadLetterQueueUrl", value=self.dead_letters.queue_url)

    def grant_receive(self, function: ServiceFunction) -> None:
        """Let the worker receive messages from the queue, and send messages to the dead-letter queue."""
        reading = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
        allow(function.role, "OwnQueue", reading, [self.queue.queue_arn])
        function.function.add_environment("DEAD_LETTER_QUEUE_URL", self.dead_letters.queue_url)
        function.function.add_environment("MAX_RECEIVES", str(self._max_receives))
        allow(function.role, "DeadLetters", ["sqs:SendMessage"], [self.dead_letters.queue_arn])
        allow_key(function.role, self._key.arn, actions=KEY_WRITE, through="sqs")

    def grant_send(self, function: ServiceFunction, *, name: str) -> None:
        """Give the function the URL of the queue that its manifest calls `name`, and let it send messages.

        The action covers SendMessageBatch:
        https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsqs.html
        """
        function.function.add_environment(f"QUEUE_{name.upper().replace('-', '_')}_URL", self.queue.queue_url)
        allow(function.role, f"Queue{camel(name)}", ["sqs:SendMessage"], [self.queue.queue_arn])
        allow_key(function.role, self._key.arn, actions=KEY_WRITE, through="sqs")

    def add_event_source(self, function: ServiceFunction, alias: lambda_.Alias) -> None:
        """Invoke the function for the messages in the queue."""
        mapping = lambda_.CfnEventSourceMapping(
            self,
            "Messages",
            function_name=alias.function_arn,
            event_source_arn=self.queue.queue_arn,
            batch_size=self._worker.batch_size or BATCH_SIZE,
            function_response_types=["ReportBatchItemFailures"],
            scaling_config=lambda_.CfnEventSourceMapping.ScalingConfigProperty(
                maximum_concurrency=self._worker.concurrent_batches,
            ),
        )
        mapping.node.add_dependency(function.role)
        own = "The queue itself moves what failed too often to its dead-letter queue; Lambda takes no destination here."
        suppress_nag(mapping, {"Serverless-LambdaEventSourceMappingDestination": own})
