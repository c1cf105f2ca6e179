"""CodeDeploy's API: its resources, its errors, its place among the services, and IAM."""

import json
from typing import Any

from botocore.credentials import Credentials
from ministack import app
from ministack.core import iam_actions
from ministack.services import iam, sts

from local.embedded_aws.codedeploy import api, deployments, records
from local.embedded_aws.codedeploy.app_spec import AppSpec
from tests.local.embedded_aws.codedeploy.releases import (
    ALLOWED,
    NAMES,
    ROLE,
    RefusedError,
    ask,
    finish,
    make_hook,
    make_role,
    prepare,
    start,
)
from tests.local.embedded_aws.resources import wait_until
from tests.local.embedded_aws.web import Request, send_signed

HOOK_KEY = Credentials("ASIAHOOK", "secret of the hook", "token")
GROUP_ARN = "arn:aws:codedeploy:eu-west-1:000000000000:deploymentgroup:users/users-api"


def refusal(operation: str, **request: Any) -> str:
    try:
        ask(operation, **request)
    except RefusedError as refused:
        return refused.code
    return ""


def signed(operation: str, request: dict[str, Any], key: Credentials) -> Any:
    asked = Request(
        service="codedeploy",
        method="POST",
        headers={
            "x-amz-target": f"CodeDeploy_20141006.{operation}",
            "content-type": "application/x-amz-json-1.1",
        },
        body=json.dumps(request).encode(),
    )
    return send_signed(asked, key=key)


def test_an_application_with_its_groups_and_configurations_is_kept_and_described() -> None:
    prepare(alarms=("errors",))

    group = ask("GetDeploymentGroup", **NAMES)["deploymentGroupInfo"]
    assert (group["deploymentConfigName"], group["serviceRoleArn"]) == ("pace", ROLE)
    assert group["alarmConfiguration"]["alarms"] == [{"name": "errors"}]
    assert ask("ListDeploymentGroups", applicationName="users")["deploymentGroups"] == ["users-api"]
    pace = ask("GetDeploymentConfig", deploymentConfigName="pace")["deploymentConfigInfo"]
    assert pace["trafficRoutingConfig"]["timeBasedCanary"] == {"canaryPercentage": 10, "canaryInterval": 1}
    assert "CodeDeployDefault.LambdaCanary10Percent5Minutes" in ask("ListDeploymentConfigs")["deploymentConfigsList"]

    ask("UpdateDeploymentGroup", **NAMES, currentDeploymentGroupName="users-api", newDeploymentGroupName="renamed")
    assert ask("ListDeploymentGroups", applicationName="users")["deploymentGroups"] == ["renamed"]
    ask("DeleteApplication", applicationName="users")
    assert refusal("GetDeploymentGroup", **NAMES) == "ApplicationDoesNotExistException"


def test_errors_have_the_names_of_aws() -> None:
    prepare()
    group = {**NAMES, "deploymentGroupName": "other", "serviceRoleArn": ROLE}
    alarms = {"enabled": True, "alarms": [{"name": str(number)} for number in range(11)]}
    revision = {"revisionType": "AppSpecContent", "appSpecContent": {"content": "{}"}}
    for operation, request, code in (
        ("GetApplication", {"applicationName": "gone"}, "ApplicationDoesNotExistException"),
        ("CreateApplication", {"applicationName": "users"}, "ApplicationAlreadyExistsException"),
        ("CreateDeploymentGroup", {**NAMES, "serviceRoleArn": ROLE}, "DeploymentGroupAlreadyExistsException"),
        ("CreateDeploymentGroup", {**group, "serviceRoleArn": f"{ROLE}-gone"}, "InvalidRoleException"),
        ("CreateDeploymentGroup", {**group, "deploymentConfigName": "x"}, "DeploymentConfigDoesNotExistException"),
        ("CreateDeploymentGroup", {**group, "alarmConfiguration": alarms}, "AlarmsLimitExceededException"),
        ("GetDeploymentGroup", {**NAMES, "deploymentGroupName": "x"}, "DeploymentGroupDoesNotExistException"),
        ("DeleteDeploymentConfig", {"deploymentConfigName": "pace"}, "DeploymentConfigInUseException"),
        ("CreateDeployment", NAMES, "RevisionRequiredException"),
        ("CreateDeployment", {**NAMES, "revision": revision}, "InvalidRevisionException"),
        ("GetDeployment", {"deploymentId": "d-GONE"}, "DeploymentDoesNotExistException"),
        ("StopDeployment", {}, "DeploymentIdRequiredException"),
        ("RegisterApplicationRevision", {}, "UnknownOperationException"),
    ):
        assert refusal(operation, **request) == code, operation


def test_a_deployment_by_the_api_moves_the_alias_and_is_listed() -> None:
    alias = prepare(routing={"type": "AllAtOnce"})
    revision = AppSpec(function="tried", alias="live", current="1", target="2").revision()

    id_ = ask("CreateDeployment", **NAMES, revision=revision, description="by hand")["deploymentId"]
    info = finish({"deploymentId": id_})

    assert (info["status"], info["description"], info["revision"]) == ("Succeeded", "by hand", revision)
    assert info["deploymentOverview"]["Succeeded"] == 1
    assert alias["FunctionVersion"] == "2"
    assert ask("ListDeployments", **NAMES, includeOnlyStatuses=["Succeeded"])["deployments"] == [id_]
    assert ask("ListDeployments", **NAMES, includeOnlyStatuses=["Failed"])["deployments"] == []
    assert ask("ListDeploymentTargets", deploymentId=id_)["targetIds"] == ["tried:live"]
    [target] = ask("BatchGetDeploymentTargets", deploymentId=id_, targetIds=["tried:live"])["deploymentTargets"]
    assert target["lambdaTarget"]["lambdaFunctionInfo"] == {
        "functionName": "tried",
        "functionAlias": "live",
        "currentVersion": "1",
        "targetVersion": "2",
        "targetVersionWeight": 1.0,
    }
    assert ask("BatchGetDeployments", deploymentIds=[id_])["deploymentsInfo"][0]["deploymentId"] == id_
    assert ask("GetDeploymentGroup", **NAMES)["deploymentGroupInfo"]["lastSuccessfulDeployment"]["deploymentId"] == id_
    assert refusal("StopDeployment", deploymentId=id_) == "DeploymentAlreadyCompletedException"


def test_a_role_that_does_not_trust_codedeploy_is_refused() -> None:
    prepare()
    make_role(*ALLOWED, name="strange")
    iam._roles["strange"]["AssumeRolePolicyDocument"] = iam._roles["strange"]["AssumeRolePolicyDocument"].replace(
        "codedeploy", "lambda"
    )
    named = {**NAMES, "deploymentGroupName": "other"}

    assert refusal("CreateDeploymentGroup", **named, serviceRoleArn=f"{ROLE[:-8]}strange") == "InvalidRoleException"


def test_only_a_role_with_the_right_answers_for_a_hook() -> None:
    prepare()
    events = make_hook()
    record = start(hooks={"BeforeAllowTraffic": "checks"}, minute_s=60)
    wait_until(lambda: events)
    request = {
        "deploymentId": record["deploymentId"],
        "lifecycleEventHookExecutionId": events[0]["LifecycleEventHookExecutionId"],
        "status": "Succeeded",
    }
    sts.register_session(
        HOOK_KEY.access_key,
        {
            "Arn": "arn:aws:sts::000000000000:assumed-role/hook/checks",
            "UserId": "hook:checks",
            "SecretAccessKey": HOOK_KEY.secret_key,
            "SessionToken": HOOK_KEY.token,
        },
    )
    for actions, resource, status in (
        (("codedeploy:GetDeployment",), "*", 403),
        (("codedeploy:PutLifecycleEventHookExecutionStatus",), f"{GROUP_ARN}-other", 403),
        (("codedeploy:PutLifecycleEventHookExecutionStatus",), GROUP_ARN, 200),
    ):
        make_role(*actions, name="hook", resource=resource)
        assert signed("PutLifecycleEventHookExecutionStatus", request, HOOK_KEY).status == status

    wait_until(lambda: record["_steps"][0]["status"] == "Succeeded")
    deployments.stop(record["deploymentId"], rolls_back=True)
    finish(record)


def test_iam_decides_on_the_group_of_a_deployment() -> None:
    prepare(routing={"type": "AllAtOnce"})
    record = start()
    finish(record)
    body = json.dumps({"deploymentId": record["deploymentId"]}).encode()
    headers = {"x-amz-target": "CodeDeploy_20141006.StopDeployment"}
    where = ("eu-west-1", "000000000000")

    assert iam_actions.extract_iam_action("codedeploy", "POST", "/", headers, body, {}) == "codedeploy:StopDeployment"
    assert iam_actions.extract_resource_arn("codedeploy", "POST", "/", headers, body, {}, *where) == GROUP_ARN


def test_the_state_is_saved_with_that_of_the_other_services() -> None:
    prepare()
    saved = app._build_persistence_save_dict()["codedeploy"]()
    records.clear()
    assert refusal("GetApplication", applicationName="users") == "ApplicationDoesNotExistException"

    app._get_module("codedeploy").load_persisted_state(saved)

    assert ask("GetDeploymentGroup", **NAMES)["deploymentGroupInfo"]["deploymentGroupName"] == "users-api"
    assert api.EXTENSION.hooks
