"""The function that judges new versions."""

import json
from collections.abc import Sequence

import pytest

from cdk.settings.environment import Environment
from cdk.settings.manifest import Manifest
from functions.shared.interface.environment import VARIABLES
from tests.cdk.templates import Assembly, Json, Synthesize, Template

HOOK = "platform-prod-orders-release-hook"


@pytest.fixture
def orders(assembly: Assembly) -> Template:
    return assembly.stack("platform-prod-orders")


def hook(template: Template) -> Json:
    return template.only("AWS::Lambda::Function", FunctionName=HOOK)


def arn_of(template: Template, function: str) -> Json:
    return {"Fn::GetAtt": [template.function(f"platform-prod-orders-{function}")["Ref"], "Arn"]}


def test_codedeploy_asks_the_hook_before_and_after_each_alias_moves(orders: Template) -> None:
    for alias in orders.whole("AWS::Lambda::Alias"):
        moved = alias["UpdatePolicy"]["CodeDeployLambdaAliasUpdate"]
        assert moved["BeforeAllowTrafficHook"] == moved["AfterAllowTrafficHook"] == orders.function(HOOK)


def test_the_hook_has_its_rights_before_an_alias_moves(orders: Template) -> None:
    resources = orders.content["Resources"]
    policy = next(
        name
        for name, resource in resources.items()
        if resource["Type"] == "AWS::IAM::Policy"
        and "codedeploy:PutLifecycleEventHookExecutionStatus" in json.dumps(resource)
    )

    for alias in orders.whole("AWS::Lambda::Alias"):
        # CloudFormation makes the hook first, too: the update policy refers to it.
        assert policy in alias["DependsOn"]


def test_the_hook_gets_the_number_of_each_new_version(orders: Template) -> None:
    variables = orders.variables(HOOK)
    aliases = {
        orders.content["Resources"][alias["Properties"]["FunctionName"]["Ref"]]["Properties"]["FunctionName"]: alias
        for alias in orders.whole("AWS::Lambda::Alias")
    }

    for function in ("api", "relay"):
        version = aliases[f"platform-prod-orders-{function}"]["Properties"]["FunctionVersion"]
        assert variables[f"VERSION_{function.upper()}"] == version
    assert variables["RELEASE_PREFIX"] == "platform-prod-orders-"
    assert variables["BAKE_MINUTES"] == "10"
    listed = {each.name for each in VARIABLES if each.given == "hook"}
    assert listed == {"RELEASE_PREFIX", "BAKE_MINUTES", "VERSION_<FUNCTION>"}
    assert len(variables) == 4


def test_the_hook_has_time_for_the_longest_bake(orders: Template) -> None:
    assert hook(orders)["Timeout"] == 900
    assert "SnapStart" not in hook(orders)


def test_the_hook_may_invoke_versions_of_its_own_service_and_report_on_its_own_deployments(orders: Template) -> None:
    may = orders.granted(f"What {HOOK} may do.")

    assert may.keys() == {
        "logs:CreateLogStream",
        "logs:PutLogEvents",
        "lambda:InvokeFunction",
        "lambda:GetAlias",
        "codedeploy:GetDeployment",
        "codedeploy:PutLifecycleEventHookExecutionStatus",
    }
    own = [arn_of(orders, name) for name in ("api", "relay")]
    assert may["lambda:GetAlias"] == own
    assert may["lambda:InvokeFunction"] == [{"Fn::Join": ["", [arn, ":*"]]} for arn in own]
    for action in ("codedeploy:GetDeployment", "codedeploy:PutLifecycleEventHookExecutionStatus"):
        groups = [json.dumps(group).rpartition("deploymentgroup:")[2] for group in may[action]]
        assert [group.partition('"')[0] for group in groups] == [
            f"platform-prod-orders/platform-prod-orders-{name}" for name in ("api", "relay")
        ]


def test_codedeploy_may_call_the_hook(orders: Template) -> None:
    may = orders.granted("What releases of platform-prod-orders may do.")

    assert may["lambda:InvokeFunction"] == {"Fn::GetAtt": [orders.function(HOOK)["Ref"], "Arn"]}


def test_without_canaries_there_is_no_hook(
    examples: Sequence[Manifest], prod: Environment, synthesize: Synthesize
) -> None:
    at_once = synthesize(examples, [prod.model_copy(update={"canary": None})]).stack("platform-prod-orders")
    names = [each["FunctionName"] for each in at_once.resources("AWS::Lambda::Function")]

    assert names
    assert not [name for name in names if name.endswith("-release-hook")]
