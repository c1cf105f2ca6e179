"""Releases of a function `tried` from version 1 to 2, through the API of CodeDeploy, on a clock with short minutes."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

from ministack.services import cloudwatch, iam, lambda_svc
from ministack.services.cloudformation import provisioners

from local.embedded_aws.codedeploy import api, deployments, records
from local.embedded_aws.codedeploy.app_spec import AppSpec
from tests.local.embedded_aws.lambda_.versions import numbered, publish
from tests.local.embedded_aws.resources import function

ROLE = "arn:aws:iam::000000000000:role/releases"
NAMES = {"applicationName": "users", "deploymentGroupName": "users-api"}
ROLLBACK_EVENTS = ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM", "DEPLOYMENT_STOP_ON_REQUEST"]
ALLOWED = (
    "lambda:GetAlias",
    "lambda:UpdateAlias",
    "lambda:GetProvisionedConcurrencyConfig",
    "lambda:InvokeFunction",
    "cloudwatch:DescribeAlarms",
)
# A minute of the configurations, in the tests.
MINUTE_S = 0.5


class RefusedError(Exception):
    """The API refused a call; `code` is AWS's name of the error."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code


def ask(operation: str, **request: Any) -> Any:
    """Call an operation as boto3 does, without its signature; raise RefusedError for an error."""
    headers = {"x-amz-target": f"CodeDeploy_20141006.{operation}"}
    body = json.dumps(request).encode()
    status, _, answered = asyncio.run(api.handle_request("POST", "/", headers, body, {}))
    answer = json.loads(answered)
    if status != 200:
        raise RefusedError(answer["__type"], answer["message"])
    return answer


def make_role(*actions: str, name: str = "releases", resource: str = "*") -> None:
    """Make a role that CodeDeploy can assume, with these actions on the resource."""
    document = {"Statement": [{"Effect": "Allow", "Action": list(actions), "Resource": resource}]}
    trust = {"Statement": [{"Effect": "Allow", "Principal": {"Service": "codedeploy.amazonaws.com"}}]}
    iam._roles[name] = {
        "RoleName": name,
        "AssumeRolePolicyDocument": json.dumps(trust),
        "InlinePolicies": {"p": json.dumps(document)},
        "AttachedPolicies": [],
    }


def prepare(
    *, routing: Mapping[str, Any] | None = None, alarms: tuple[str, ...] = (), actions: tuple[str, ...] = ALLOWED
) -> dict[str, Any]:
    """Make the function, its alias on version 1, the role, and a group that watches the alarms; return the alias."""
    alias = publish(numbered("1", "2"), alias="1")
    make_role(*actions)
    ask("CreateApplication", applicationName="users", computePlatform="Lambda")
    canary = {"type": "TimeBasedCanary", "timeBasedCanary": {"canaryPercentage": 10, "canaryInterval": 1}}
    ask(
        "CreateDeploymentConfig",
        deploymentConfigName="pace",
        computePlatform="Lambda",
        trafficRoutingConfig=routing or canary,
    )
    ask(
        "CreateDeploymentGroup",
        **NAMES,
        deploymentConfigName="pace",
        serviceRoleArn=ROLE,
        alarmConfiguration={"enabled": bool(alarms), "alarms": [{"name": name} for name in alarms]},
        autoRollbackConfiguration={"enabled": True, "events": ROLLBACK_EVENTS},
    )
    return alias


def start(
    *, hooks: Mapping[str, str] | None = None, current: str = "1", target: str = "2", minute_s: float = MINUTE_S
) -> dict[str, Any]:
    """Start a deployment on the fast clock; return its record."""
    spec = AppSpec(function="tried", alias="live", current=current, target=target, hooks=dict(hooks or {}))
    return deployments.start(records.groups["users/users-api"], spec, minute_s=minute_s)


def finish(record: Mapping[str, Any]) -> dict[str, Any]:
    """Wait for the end of a deployment; return what GetDeployment answers."""
    assert deployments.wait(record["deploymentId"], at_most_s=30)
    info: dict[str, Any] = ask("GetDeployment", deploymentId=record["deploymentId"])["deploymentInfo"]
    return info


def steps(record: Mapping[str, Any]) -> dict[str, str]:
    """Return the status of each lifecycle event."""
    target = ask("GetDeploymentTarget", deploymentId=record["deploymentId"], targetId="tried:live")
    events = target["deploymentTarget"]["lambdaTarget"]["lifecycleEvents"]
    return {event["lifecycleEventName"]: event["status"] for event in events}


def make_hook(name: str = "checks") -> list[dict[str, Any]]:
    """Make a hook function that does not answer by itself; return the list of the events that it gets."""
    record = function("def handler(event, context):\n    pass", name=name)
    lambda_svc._functions[name] = {**record, "versions": {}, "aliases": {}}
    events: list[dict[str, Any]] = []
    upstream = lambda_svc._execute_function

    def execute(func: dict[str, Any], event: Any) -> Any:
        if (func.get("config") or func)["FunctionName"] == name:
            events.append(event)
            return {"body": None}
        return upstream(func, event)

    lambda_svc._execute_function = execute
    return events


def make_alarm(name: str, state: str = "OK") -> dict[str, Any]:
    """Make an alarm on the errors of version 2 behind the alias, which keeps a state as long as nothing is measured."""
    dimensions = {"FunctionName": "tried", "Resource": "tried:live", "ExecutedVersion": "2"}
    properties = {
        "AlarmName": name,
        "Namespace": "AWS/Lambda",
        "MetricName": "Errors",
        "Dimensions": [{"Name": key, "Value": value} for key, value in dimensions.items()],
        "Statistic": "Sum",
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": 1,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "TreatMissingData": "ignore",
    }
    provisioners._RESOURCE_HANDLERS["AWS::CloudWatch::Alarm"]["create"]("Alarm", properties, "stack")
    alarm: dict[str, Any] = cloudwatch._alarms[name]
    alarm["StateValue"] = state
    return alarm
