"""A queue of work: it absorbs bursts, keeps in a dead-letter queue what failed too often, and starts one function."""

from aws_cdk import CfnOutput, Duration, Stack
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from cdk.conventions.camel_case import camel
from cdk.conventions.grant import KEY_WRITE, allow
from cdk.conventions.suppressions import suppress_nag
from cdk.service.function import ServiceFunction
from cdk.service.queue import queue
from cdk.service.service_key import ServiceKey, allow_key
from cdk.settings.environment import Environment
from cdk.settings.manifest import Function, Queue

BATCH_SIZE = 10
# What AWS asks for, so that a message is not seen twice while it is retried:
# https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
VISIBILITY_TIMEOUTS = 6


class WorkQueue(Construct):
    """A queue, its dead-letter queue, and the mapping that starts the function `worker` for what is in it."""

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
        self.dead_letters = queue(self, "DeadLetters", environment=environment, name=f"{name}-dlq", key=key)
        self.queue = queue(
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
        """Let the worker take what is in the queue, and put what it cannot handle where such things are kept."""
        reading = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
        allow(function.role, "OwnQueue", reading, [self.queue.queue_arn])
        function.function.add_environment("DEAD_LETTER_QUEUE_URL", self.dead_letters.queue_url)
        function.function.add_environment("MAX_RECEIVES", str(self._max_receives))
        allow(function.role, "DeadLetters", ["sqs:SendMessage"], [self.dead_letters.queue_arn])
        allow_key(function.role, self._key.arn, actions=KEY_WRITE, through="sqs")

    def grant_send(self, function: ServiceFunction, *, name: str) -> None:
        """Tell the function where the queue is that its manifest calls `name`, and let it put work into it.

        The action covers SendMessageBatch:
        https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsqs.html
        """
        function.function.add_environment(f"QUEUE_{name.upper().replace('-', '_')}_URL", self.queue.queue_url)
        allow(function.role, f"Queue{camel(name)}", ["sqs:SendMessage"], [self.queue.queue_arn])
        allow_key(function.role, self._key.arn, actions=KEY_WRITE, through="sqs")

    def start(self, function: ServiceFunction, alias: lambda_.Alias) -> None:
        """Start the function for what is in the queue."""
        mapping = lambda_.CfnEventSourceMapping(
            self,
            "Messages",
            function_name=alias.function_arn,
            event_source_arn=self.queue.queue_arn,
            batch_size=self._worker.batch_size or BATCH_SIZE,
            function_response_types=["ReportBatchItemFailures"],
            scaling_config=lambda_.CfnEventSourceMapping.ScalingConfigProperty(
                maximum_concurrency=self._worker.max_concurrency,
            )
            if self._worker.max_concurrency
            else None,
        )
        mapping.node.add_dependency(function.role)
        own = "The queue itself moves what failed too often to its dead-letter queue; Lambda takes no destination here."
        suppress_nag(mapping, {"Serverless-LambdaEventSourceMappingDestination": own})
