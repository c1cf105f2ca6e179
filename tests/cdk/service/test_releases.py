"""Releases of new versions of functions."""

import json
from collections.abc import Sequence

import pytest

from cdk.settings.environment import Environment
from cdk.settings.environment_sections import Canary
from cdk.settings.manifest import Manifest
from tests.cdk.templates import Assembly, Json, Synthesize, Template


@pytest.fixture
def orders(assembly: Assembly) -> Template:
    return assembly.stack("platform-prod-orders")


def group(template: Template, function: str) -> Json:
    name = f"platform-prod-orders-{function}"
    return template.only("AWS::CodeDeploy::DeploymentGroup", DeploymentGroupName=name)


def test_each_alias_is_moved_by_the_deployment_group_of_its_function(orders: Template) -> None:
    aliases = orders.whole("AWS::Lambda::Alias")

    assert len(aliases) == 2
    for alias in aliases:
        moved = alias["UpdatePolicy"]["CodeDeployLambdaAliasUpdate"]
        named = orders.content["Resources"][moved["DeploymentGroupName"]["Ref"]]["Properties"]["DeploymentGroupName"]
        function = alias["Properties"]["FunctionName"]["Ref"]
        assert orders.content["Resources"][function]["Properties"]["FunctionName"] == named
        assert moved["ApplicationName"] == {"Ref": orders.logical_id("AWS::CodeDeploy::Application")}


def test_a_new_version_gets_as_much_and_as_long_as_the_environment_says(
    examples: Sequence[Manifest], prod: Environment, synthesize: Synthesize
) -> None:
    slower = prod.model_copy(update={"canary": Canary(percent=5, minutes=30)})
    pace = synthesize(examples, [slower]).stack("platform-prod-orders").only("AWS::CodeDeploy::DeploymentConfig")

    assert pace["TrafficRoutingConfig"] == {
        "Type": "TimeBasedCanary",
        "TimeBasedCanary": {"CanaryPercentage": 5, "CanaryInterval": 30},
    }
    # CloudFormation cannot replace a resource with the same name.
    assert pace["DeploymentConfigName"] == "platform-prod-orders-5-percent-30-minutes"


def test_alarms_roll_back_a_new_version(orders: Template) -> None:
    def watched(function: str) -> list[str]:
        alarms = group(orders, function)["AlarmConfiguration"]["Alarms"]
        resources = orders.content["Resources"]
        return [resources[alarm["Name"]["Ref"]]["Properties"]["AlarmName"] for alarm in alarms]

    assert watched("api") == [f"platform-prod-orders-{each}" for each in ("api-errors", "failures", "latency")]
    assert watched("relay") == ["platform-prod-orders-relay-errors"]
    for function in ("api", "relay"):
        assert group(orders, function)["AlarmConfiguration"]["Enabled"] is True
        assert group(orders, function)["AutoRollbackConfiguration"] == {
            "Enabled": True,
            "Events": ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM", "DEPLOYMENT_STOP_ON_REQUEST"],
        }


def test_codedeploy_may_move_these_aliases_look_at_these_alarms_and_call_the_hook(orders: Template) -> None:
    may = orders.granted("What releases of platform-prod-orders may do.")

    assert may.keys() == {
        "lambda:GetAlias",
        "lambda:UpdateAlias",
        "lambda:GetProvisionedConcurrencyConfig",
        "lambda:InvokeFunction",
        "cloudwatch:DescribeAlarms",
    }
    functions = [{"Fn::GetAtt": [orders.function(f"platform-prod-orders-{name}")["Ref"], "Arn"]}
                 for name in ("api", "relay")]  # fmt: skip
    assert may["lambda:UpdateAlias"] == functions
    assert "*" not in json.dumps(may)


def test_the_role_is_complete_before_an_alias_moves(orders: Template) -> None:
    policy = next(
        name
        for name, resource in orders.content["Resources"].items()
        if resource["Type"] == "AWS::IAM::Policy" and "lambda:UpdateAlias" in json.dumps(resource)
    )

    for alias in orders.whole("AWS::Lambda::Alias"):
        assert policy in alias["DependsOn"]


def test_without_a_canary_versions_take_over_at_once(
    examples: Sequence[Manifest], prod: Environment, synthesize: Synthesize, assembly: Assembly
) -> None:
    at_once = synthesize(examples, [prod.model_copy(update={"canary": None})]).stack("platform-prod-orders")

    for stack in (at_once, assembly.stack("platform-local-orders")):
        assert not stack.resources("AWS::CodeDeploy::DeploymentGroup")
        assert not [alias for alias in stack.whole("AWS::Lambda::Alias") if "UpdatePolicy" in alias]
        assert stack.resources("AWS::CloudWatch::Alarm")
