"""Releases of new versions of functions."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from cdk.settings.environment import Environment
from cdk.settings.environment_sections import Canary
from cdk.settings.manifest import Manifest
from cdk.synthesis import synthesize as synthesize_into
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


def watched(template: Template, function: str) -> dict[str, Json]:
    """Return the alarms that the group of a function watches, by name without the version."""
    resources = template.content["Resources"]
    logical_ids = [alarm["Name"]["Ref"] for alarm in group(template, function)["AlarmConfiguration"]["Alarms"]]
    alarms = [resources[logical_id]["Properties"] for logical_id in logical_ids]
    return {alarm["AlarmName"]["Fn::Join"][1][0]: alarm for alarm in alarms}


def version_of(template: Template, function: str) -> Json:
    """Return the reference to the number of a function's version, to which its alias points."""
    [alias] = [
        each
        for each in template.resources("AWS::Lambda::Alias")
        if each["FunctionName"] == template.function(f"platform-prod-orders-{function}")
    ]
    version: Json = alias["FunctionVersion"]
    return version


@pytest.mark.parametrize("function", ["api", "relay"])
def test_the_alarm_on_errors_reads_invocations_of_the_new_version_through_the_alias(
    orders: Template, function: str
) -> None:
    name = f"platform-prod-orders-{function}"
    alarm = watched(orders, function)[f"{name}-release-errors-"]
    parts = {query["Id"]: query["MetricStat"]["Metric"] for query in alarm["Metrics"] if not query["ReturnData"]}
    dimensions = {key: {each["Name"]: each["Value"] for each in metric["Dimensions"]} for key, metric in parts.items()}

    of_alias = {"FunctionName": name, "Resource": f"{name}:live"}
    of_version = {**of_alias, "ExecutedVersion": version_of(orders, function)}
    assert dimensions == {
        "requests": of_alias,
        "failed": of_alias,
        "new_requests": of_version,
        "new_failed": of_version,
    }


def test_a_group_has_nothing_but_what_its_function_needs(orders: Template) -> None:
    for function in ("api", "relay"):
        found = group(orders, function)
        assert found.keys() == {
            "AlarmConfiguration", "ApplicationName", "AutoRollbackConfiguration", "DeploymentConfigName",
            "DeploymentGroupName", "DeploymentStyle", "ServiceRoleArn", "Tags",
        }  # fmt: skip
        assert found["ApplicationName"] == {"Ref": orders.logical_id("AWS::CodeDeploy::Application")}
        assert found["DeploymentConfigName"] == {"Ref": orders.logical_id("AWS::CodeDeploy::DeploymentConfig")}
        assert found["DeploymentStyle"] == {
            "DeploymentOption": "WITH_TRAFFIC_CONTROL",
            "DeploymentType": "BLUE_GREEN",
        }
        assert found["AutoRollbackConfiguration"] == {
            "Enabled": True,
            "Events": ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM", "DEPLOYMENT_STOP_ON_REQUEST"],
        }
        # Without `IgnorePollAlarmFailure`, a release ends if CodeDeploy cannot read its alarms.
        assert found["AlarmConfiguration"].keys() == {"Enabled", "Alarms"}
        assert found["AlarmConfiguration"]["Enabled"] is True


def test_a_group_watches_the_alarms_on_its_own_function_s_new_version(orders: Template) -> None:
    prefix = "platform-prod-orders"

    assert set(watched(orders, "api")) == {
        f"{prefix}-api-release-{each}-" for each in ("failures", "latency", "errors")
    }
    assert set(watched(orders, "relay")) == {f"{prefix}-relay-release-{each}-" for each in ("batches", "errors")}


def test_every_alarm_on_a_version_is_watched(orders: Template) -> None:
    names = [alarm["AlarmName"] for alarm in orders.resources("AWS::CloudWatch::Alarm")]
    on_versions = {name["Fn::Join"][1][0] for name in names if isinstance(name, dict)}

    assert on_versions == watched(orders, "api").keys() | watched(orders, "relay").keys()


@pytest.mark.parametrize("function", ["api", "relay"])
def test_an_alarm_on_a_version_has_its_number_in_the_name_and_in_the_metrics_of_the_new_one(
    orders: Template, function: str
) -> None:
    version = version_of(orders, function)
    assert orders.content["Resources"][version["Fn::GetAtt"][0]]["Type"] == "AWS::Lambda::Version"

    for name, alarm in watched(orders, function).items():
        # So each version has an alarm of its own, which cannot be in ALARM before the version serves.
        assert alarm["AlarmName"] == {"Fn::Join": ["", [name, version]]}
        metrics = {query["Id"]: query["MetricStat"] for query in alarm["Metrics"] if "MetricStat" in query}
        for metric_id, metric in metrics.items():
            of_version = [each["Value"] for each in metric["Metric"]["Dimensions"] if "ersion" in each["Name"]]
            assert of_version == ([version] if metric_id.startswith("new_") else [])
        assert {name.startswith("new_") for name in metrics} == {True, False}


def test_an_alarm_on_a_version_judges_the_release_and_stays_ok_without_requests(orders: Template) -> None:
    for alarm in (*watched(orders, "api").values(), *watched(orders, "relay").values()):
        assert alarm["ComparisonOperator"] == "GreaterThanThreshold"
        assert (alarm["EvaluationPeriods"], alarm["TreatMissingData"]) == (1, "notBreaching")
        assert {query["MetricStat"]["Period"] for query in alarm["Metrics"] if "MetricStat" in query} == {900}
        assert [query["Id"] for query in alarm["Metrics"] if query["ReturnData"]] == ["result"]
        # A release that an alarm stops fails, and says so.
        assert "AlarmActions" not in alarm
        assert "docs/runbooks/alarms.md" in alarm["AlarmDescription"]


def test_no_group_watches_an_alarm_that_the_version_before_can_keep_on(orders: Template) -> None:
    always = {alarm["AlarmName"] for alarm in orders.resources("AWS::CloudWatch::Alarm")
              if isinstance(alarm["AlarmName"], str)}  # fmt: skip

    assert {"platform-prod-orders-failures", "platform-prod-orders-latency"} <= always
    for function in ("api", "relay"):
        assert all(isinstance(alarm["AlarmName"], dict) for alarm in watched(orders, function).values())


def test_the_alias_moves_after_its_group_watches_the_new_alarms(orders: Template) -> None:
    for alias in orders.whole("AWS::Lambda::Alias"):
        named = alias["UpdatePolicy"]["CodeDeployLambdaAliasUpdate"]["DeploymentGroupName"]["Ref"]
        # CloudFormation derives the rest from references: the group names the alarms, and they name the version.
        assert named in alias["DependsOn"]


@pytest.mark.slow
def test_a_deployment_past_alarms_watches_none(
    examples: Sequence[Manifest], prod: Environment, tmp_path: Path, assembly: Assembly
) -> None:
    past = Assembly(synthesize_into(tmp_path, [prod], examples, {"past_alarms": "true"})).stack("platform-prod-orders")

    for function in ("api", "relay"):
        usual = group(assembly.stack("platform-prod-orders"), function)["AlarmConfiguration"]
        assert group(past, function)["AlarmConfiguration"] == {**usual, "Enabled": False}
        # What else takes a release back still does: a hook that fails, and a person.
        assert group(past, function)["AutoRollbackConfiguration"]["Enabled"] is True


def test_codedeploy_may_move_these_aliases_call_the_hook_and_look_at_alarms(
    orders: Template,
) -> None:
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
    assert may.pop("cloudwatch:DescribeAlarms") == "*"
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
    examples: Sequence[Manifest], prod: Environment, synthesize: Synthesize
) -> None:
    stack = synthesize(examples, [prod.model_copy(update={"canary": None})]).stack("platform-prod-orders")

    assert not stack.resources("AWS::CodeDeploy::DeploymentGroup")
    assert not [alias for alias in stack.whole("AWS::Lambda::Alias") if "UpdatePolicy" in alias]
    # An alarm on a version judges a release, and there is none.
    assert all(isinstance(alarm["AlarmName"], str) for alarm in stack.resources("AWS::CloudWatch::Alarm"))
    assert stack.resources("AWS::CloudWatch::Alarm")


def test_a_laptop_has_the_same_groups(assembly: Assembly, orders: Template) -> None:
    local = assembly.stack("platform-local-orders")

    groups = local.resources("AWS::CodeDeploy::DeploymentGroup")
    assert len(groups) == len(orders.resources("AWS::CodeDeploy::DeploymentGroup"))
    assert all("UpdatePolicy" in alias for alias in local.whole("AWS::Lambda::Alias"))
