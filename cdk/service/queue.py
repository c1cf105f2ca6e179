"""An SQS queue with the platform's conventions: named, encrypted, TLS only."""

from typing import cast

from aws_cdk import Duration
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from cdk.conventions.suppressions import suppress_nag
from cdk.service.service_key import ServiceKey
from cdk.settings.environment import Environment
from cdk.settings.manifest import LONGEST_RETENTION_DAYS

LONGEST = Duration.days(LONGEST_RETENTION_DAYS)


def add_queue(
    scope: Construct,
    construct_id: str,
    *,
    environment: Environment,
    name: str,
    key: ServiceKey,
    retention: Duration = LONGEST,
    visibility_timeout: Duration | None = None,
    dead_letter_queue: sqs.DeadLetterQueue | None = None,
) -> sqs.Queue:
    """Add a queue; by default it keeps messages for as long as SQS can."""
    queue = sqs.Queue(
        scope,
        construct_id,
        queue_name=f"{environment.prefix}-{name}",
        enforce_ssl=True,
        retention_period=retention,
        visibility_timeout=visibility_timeout,
        dead_letter_queue=dead_letter_queue,
    )
    resource = cast("sqs.CfnQueue", queue.node.default_child)
    # The CDK's own property would let every rule of the account send, and let EventBridge use the key for anything.
    resource.kms_master_key_id = key.arn
    if dead_letter_queue is None:
        suppress_nag(queue, {"Serverless-SQSRedrivePolicy": "It is where messages end that a person must look at."})
    return queue
