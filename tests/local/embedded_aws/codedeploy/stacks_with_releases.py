"""A stack of two functions, each with a version, an alias and a deployment group, as CloudFormation deploys it."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

from ministack.services import cloudformation, lambda_svc, ssm

from tests.local.embedded_aws.codedeploy.releases import ALLOWED, make_role

STACK = "users"
FUNCTIONS = ("api", "relay")
_HANDLERS = cloudformation._ACTION_HANDLERS
_ROLLBACK = ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM", "DEPLOYMENT_STOP_ON_REQUEST"]


def template(answers: dict[str, str], *, hook: str = "", alarms: tuple[str, ...] = ()) -> str:
    """Return the template in which each function answers with its text; a new text makes a new version."""
    resources: dict[str, Any] = {
        "Application": {
            "Type": "AWS::CodeDeploy::Application",
            "Properties": {"ApplicationName": "users", "ComputePlatform": "Lambda"},
        },
        "Pace": {
            "Type": "AWS::CodeDeploy::DeploymentConfig",
            "Properties": {
                "DeploymentConfigName": "pace",
                "ComputePlatform": "Lambda",
                "TrafficRoutingConfig": {
                    "Type": "TimeBasedCanary",
                    "TimeBasedCanary": {"CanaryPercentage": 10, "CanaryInterval": 1},
                },
            },
        },
    }
    for name, answer in answers.items():
        resources |= _function(name, answer, hook=hook, alarms=alarms)
    return json.dumps({"Resources": resources})


def _function(name: str, answer: str, *, hook: str, alarms: tuple[str, ...]) -> dict[str, Any]:
    policy: dict[str, Any] = {"ApplicationName": {"Ref": "Application"}, "DeploymentGroupName": {"Ref": f"{name}Group"}}
    if hook:
        policy["BeforeAllowTrafficHook"] = hook
    # The logical id of a version has the hash of the code, as the CDK makes it.
    version = f"{name}Version{answer}"
    return {
        f"{name}Function": {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "FunctionName": f"users-{name}",
                "Runtime": "python3.13",
                "Handler": "index.handler",
                "Role": "arn:aws:iam::000000000000:role/r",
                "Code": {"ZipFile": f"def handler(event, context):\n    return {answer!r}"},
            },
        },
        version: {
            "Type": "AWS::Lambda::Version",
            "DeletionPolicy": "Retain",
            "Properties": {"FunctionName": {"Ref": f"{name}Function"}},
        },
        f"{name}Alias": {
            "Type": "AWS::Lambda::Alias",
            "UpdatePolicy": {"CodeDeployLambdaAliasUpdate": policy},
            "Properties": {
                "FunctionName": {"Ref": f"{name}Function"},
                "FunctionVersion": {"Fn::GetAtt": [version, "Version"]},
                "Name": "live",
            },
        },
        f"{name}Group": {
            "Type": "AWS::CodeDeploy::DeploymentGroup",
            "Properties": {
                "ApplicationName": {"Ref": "Application"},
                "DeploymentGroupName": f"users-{name}",
                "DeploymentConfigName": {"Ref": "Pace"},
                "ServiceRoleArn": "arn:aws:iam::000000000000:role/releases",
                "AlarmConfiguration": {"Enabled": "true", "Alarms": [{"Name": alarm} for alarm in alarms]},
                "AutoRollbackConfiguration": {"Enabled": "true", "Events": _ROLLBACK},
            },
        },
    }


def ask_for_release(*, minute_s: float) -> None:
    """Write the parameter with which `make release` asks for a canary."""
    name = f"/embedded-aws/releases/{STACK}"
    ssm._put_parameter({"Name": name, "Value": json.dumps({"minute_s": minute_s}), "Type": "String"})


async def deploy(action: str, body: str) -> str:
    """Create or update the stack; return its status after that."""
    make_role(*ALLOWED)
    status, _, answer = _HANDLERS[action]({"StackName": [STACK], "TemplateBody": [body]})
    assert status == 200, answer
    await settled(lambda: "IN_PROGRESS" not in status_of_stack())
    return status_of_stack()


def status_of_stack() -> str:
    return str(cloudformation._stacks[STACK]["StackStatus"])


async def settled(condition: Callable[[], object]) -> None:
    """Return when the condition holds; the test's process has a time limit."""
    while not condition():  # noqa: ASYNC110 - MiniStack announces no change
        await asyncio.sleep(0.01)


def alias(name: str) -> dict[str, Any]:
    """Return the alias of a function."""
    found: dict[str, Any] = lambda_svc._functions[f"users-{name}"]["aliases"]["live"]
    return found


def run(test: Callable[[], Awaitable[None]]) -> None:
    """Run a test on an event loop, as MiniStack's CloudFormation does."""

    async def started() -> None:
        await test()

    asyncio.run(started())
