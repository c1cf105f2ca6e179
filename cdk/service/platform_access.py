"""The rights of functions on the whole platform: to watch it, to redrive dead letters, to call services as a person."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from aws_cdk import ArnFormat, Aws, Stack
from aws_cdk import aws_iam as iam

from cdk.conventions.grant import KEY_READ, KEY_WRITE, allow
from cdk.conventions.suppressions import suppress_fn_join, suppress_nag
from cdk.service.function import ServiceFunction
from cdk.service.service_key import AWS_USES_KEY
from cdk.settings.environment import Environment
from cdk.settings.manifest import Manifest
from functions.shared.interface.dead_letters import DEAD_LETTERS, PARKED
from functions.shared.interface.names import ALIAS

# https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarmHistory.html
# https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatch.html
READS_EVERYTHING = (
    "CloudWatch returns composite alarms only to a role with the right on every alarm, and metrics have no ARN. The"
    " actions only read."
)
# To look into a queue: SQS shows a message only to a receiver, which then releases it.
LOOKS = (
    "sqs:ChangeMessageVisibility",
    "sqs:GetQueueAttributes",
    "sqs:GetQueueUrl",
    "sqs:ReceiveMessage",
)
# To move messages out of it: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html
MOVES = (
    "sqs:ChangeMessageVisibility",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
    "sqs:GetQueueUrl",
    "sqs:ReceiveMessage",
    "sqs:StartMessageMoveTask",
)
KEYS_BY_ALIAS = (
    "The aliases in the condition name the keys, one of each service: the ids of keys would make this stack depend on"
    " the stack of every service."
)


def grant_platform(function: ServiceFunction, environment: Environment, manifests: Sequence[Manifest]) -> None:
    """Grant what the manifest says of the platform: to watch it, to redrive, and to call HTTP functions."""
    if function.manifest.watches_platform or function.manifest.redrives_dead_letters:
        described = json.dumps(_description(environment, manifests), sort_keys=True, separators=(",", ":"))
        function.function.add_environment("PLATFORM", described)
    if function.manifest.watches_platform:
        _grant_watching(function, environment, manifests)
    if function.manifest.redrives_dead_letters:
        _grant_redrives(function, environment, manifests)
    if function.manifest.invokes:
        _grant_invocations(function, environment)


def _grant_watching(function: ServiceFunction, environment: Environment, manifests: Sequence[Manifest]) -> None:
    """Let a function read the alarms, the metrics, the live versions and the dead letters of all services."""
    alarms = ("cloudwatch:DescribeAlarmHistory", "cloudwatch:DescribeAlarms", "cloudwatch:GetMetricData")
    allow(function.role, "Monitoring", alarms, ["*"])
    names = [f"{manifest.service}-{name}" for manifest in manifests for name in manifest.functions]
    allow(function.role, "Versions", ["lambda:GetAlias"], _arns(function, environment, names))
    policy = function.role.node.find_child("DefaultPolicy")
    suppress_fn_join(policy)
    suppress_nag(policy, {"AwsSolutions-IAM5[Resource::*]": READS_EVERYTHING})
    policy, letters = _queue_policy(function), _letters_of(manifests)
    allow(policy, "PlatformDeadLetters", LOOKS, _queue_arns(function, environment, letters))
    # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ListMessageMoveTasks.html
    redrivable = [each for each in letters if each.source]
    allow(policy, "PlatformRedrives", ["sqs:ListMessageMoveTasks"], _queue_arns(function, environment, redrivable))
    _allow_keys(policy, environment, manifests, actions=KEY_READ)


def _grant_redrives(function: ServiceFunction, environment: Environment, manifests: Sequence[Manifest]) -> None:
    """Let a function move dead letters of all services back, but no parked events: they are no messages of a queue."""
    redrivable = [letters for letters in _letters_of(manifests) if letters.source]
    policy = _queue_policy(function)
    allow(policy, "PlatformDeadLetters", MOVES, _queue_arns(function, environment, redrivable))
    sources = [str(letters.source) for letters in redrivable]
    allow(policy, "PlatformQueues", ["sqs:SendMessage"], _sqs_arns(function, environment, sources))
    _allow_keys(policy, environment, manifests, actions=KEY_WRITE)


def _queue_policy(function: ServiceFunction) -> iam.Policy:
    """Add a policy of the role for the queues: the CDK moves statements of a long one to a managed policy."""
    policy = iam.Policy(function.role, "QueuePolicy", roles=[function.role])
    suppress_fn_join(policy)
    return policy


def _grant_invocations(function: ServiceFunction, environment: Environment) -> None:
    """Let a function call the HTTP functions of other services; each decides by the token that it is sent."""
    names = [f"{called.replace('/', '-')}:{ALIAS}" for called in function.manifest.invokes]
    allow(function.role, "Services", ["lambda:InvokeFunction"], _arns(function, environment, names))
    suppress_fn_join(function.role.node.find_child("DefaultPolicy"))


def _description(environment: Environment, manifests: Iterable[Manifest]) -> dict[str, object]:
    return {
        "prefix": environment.prefix,
        "environment": environment.name,
        "url": environment.url,
        "availability_percent": environment.objectives.availability_percent,
        "window_days": environment.objectives.window_days,
        "services": {
            manifest.service: {
                "api": next(iter(manifest.functions_of("http")), None),
                "functions": [*manifest.functions],
                "letters": {each.function: each.source for each in _letters_of([manifest])},
            }
            for manifest in manifests
        },
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class _Letters:
    """The queue of the dead letters of a function, or of its parked events, which have no source; without prefix."""

    function: str
    name: str
    source: str | None


def _letters_of(manifests: Iterable[Manifest]) -> list[_Letters]:
    found = []
    for manifest in manifests:
        for name, function in manifest.functions.items():
            if function.has_queue:
                source = f"{manifest.service}-{function.queue or name}"
                found.append(_Letters(function=name, name=f"{source}{DEAD_LETTERS}", source=source))
            elif function.trigger == "outbox":
                found.append(_Letters(function=name, name=f"{manifest.service}-{name}{PARKED}", source=None))
    return found


def _queue_arns(function: ServiceFunction, environment: Environment, letters: Iterable[_Letters]) -> list[str]:
    return _sqs_arns(function, environment, [each.name for each in letters])


def _sqs_arns(function: ServiceFunction, environment: Environment, names: Iterable[str]) -> list[str]:
    stack = Stack.of(function)
    return [
        stack.format_arn(
            service="sqs",
            resource=f"{environment.prefix}-{name}",
            arn_format=ArnFormat.NO_RESOURCE_NAME,
            account=Aws.ACCOUNT_ID,
            region=Aws.REGION,
        )
        for name in names
    ]


def _allow_keys(
    policy: iam.Policy, environment: Environment, manifests: Sequence[Manifest], *, actions: tuple[str, ...]
) -> None:
    """Allow the keys of the services with such queues, through SQS alone.

    https://docs.aws.amazon.com/kms/latest/developerguide/alias-authorization.html
    """
    stack = Stack.of(policy)
    services = [manifest.service for manifest in manifests if _letters_of([manifest])]
    conditions = {
        "StringEquals": {"kms:ViaService": f"sqs.{stack.region}.amazonaws.com"},
        "ForAnyValue:StringEquals": {
            "kms:ResourceAliases": [f"alias/{environment.prefix}-{service}" for service in services]
        },
    }
    keys = stack.format_arn(service="kms", resource="key", resource_name="*", account=Aws.ACCOUNT_ID, region=Aws.REGION)
    allow(policy, "PlatformKeys", actions, [keys], conditions=conditions, untested=AWS_USES_KEY)
    found = "arn:aws:kms:<AWS::Region>:<AWS::AccountId>:key/*"
    suppress_nag(policy, {f"AwsSolutions-IAM5[Resource::{found}]": KEYS_BY_ALIAS})


def _arns(function: ServiceFunction, environment: Environment, names: Iterable[str]) -> list[str]:
    """Return the ARNs of functions by their names, so that no stack depends on another; on a laptop those of AWS."""
    return [
        Stack.of(function).format_arn(
            service="lambda",
            resource="function",
            resource_name=f"{environment.prefix}-{name}",
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
            account=Aws.ACCOUNT_ID,
            region=Aws.REGION,
        )
        for name in names
    ]
