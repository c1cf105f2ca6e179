"""The rights of a function that watches the whole platform: it reads, and calls other services as a person."""

import json
from collections.abc import Iterable, Sequence

from aws_cdk import ArnFormat, Aws, Stack

from cdk.conventions.grant import allow
from cdk.conventions.suppressions import suppress_fn_join, suppress_nag
from cdk.service.function import ServiceFunction
from cdk.settings.environment import Environment
from cdk.settings.manifest import Manifest
from functions.shared.interface.names import ALIAS

# https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarmHistory.html
# https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatch.html
READS_EVERYTHING = (
    "CloudWatch returns composite alarms only to a role with the right on every alarm, and metrics have no ARN. The"
    " actions only read."
)


def grant_platform(function: ServiceFunction, environment: Environment, manifests: Sequence[Manifest]) -> None:
    """Grant what the manifest says of the platform: to watch it, and to call HTTP functions of other services."""
    if function.manifest.watches_platform:
        _grant_watching(function, environment, manifests)
    if function.manifest.invokes:
        _grant_invocations(function, environment)


def _grant_watching(function: ServiceFunction, environment: Environment, manifests: Sequence[Manifest]) -> None:
    """Let a function read the alarms, the metrics and the live versions of all services, which it is told."""
    function.function.add_environment("PLATFORM", json.dumps(_description(environment, manifests), sort_keys=True))
    alarms = ("cloudwatch:DescribeAlarmHistory", "cloudwatch:DescribeAlarms", "cloudwatch:GetMetricData")
    allow(function.role, "Monitoring", alarms, ["*"])
    names = [f"{manifest.service}-{name}" for manifest in manifests for name in manifest.functions]
    allow(function.role, "Versions", ["lambda:GetAlias"], _arns(function, environment, names))
    policy = function.role.node.find_child("DefaultPolicy")
    suppress_fn_join(policy)
    suppress_nag(policy, {"AwsSolutions-IAM5[Resource::*]": READS_EVERYTHING})


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
            }
            for manifest in manifests
        },
    }


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
