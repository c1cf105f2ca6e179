"""A queue as all of ours are: encrypted, TLS only, named."""

from typing import cast

from aws_cdk import Duration
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from cdk.conventions.suppressions import suppress_nag
from cdk.service.service_key import ServiceKey
from cdk.settings.environment import Environment
from cdk.settings.manifest import LONGEST_RETENTION_DAYS

LONGEST = Duration.days(LONGEST_RETENTION_DAYS)


def queue(
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
    """Make a queue; what has no other retention keeps its messages as long as SQS can."""
    made = sqs.Queue(
        scope,
        construct_id,
        queue_name=f"{environment.prefix}-{name}",
        enforce_ssl=True,
        retention_period=retention,
        visibility_timeout=visibility_timeout,
        dead_letter_queue=dead_letter_queue,
    )
    resource = cast("sqs.CfnQueue", made.node.default_child)
    # The CDK's own property would let EventBridge send from every rule of the account, and use the key for anything.
    resource.kms_master_key_id = key.arn
    if dead_letter_queue is None:
        suppress_nag(made, {"Serverless-SQSRedrivePolicy": "It is where messages end that a person must look at."})
    return made
