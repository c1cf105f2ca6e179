"""Deployments from their start to their end: traffic, hooks, alarms, rollback, events."""

import json
import time
from functools import partial
from typing import Any

from ministack.services import cloudwatch, eventbridge

from local.embedded_aws.codedeploy import deployments, records
from tests.local.embedded_aws.codedeploy.releases import (
    ALLOWED,
    RefusedError,
    ask,
    finish,
    make_alarm,
    make_hook,
    prepare,
    start,
    steps,
)
from tests.local.embedded_aws.resources import wait_until

CANARY = {"AdditionalVersionWeights": {"2": 0.1}}
LINEAR = {"type": "TimeBasedLinear", "timeBasedLinear": {"linearPercentage": 25, "linearInterval": 1}}
HOUR_S = 3600


def published() -> list[tuple[str, str]]:
    """Return the deployment and the state of each event on the default bus."""
    details = [
        json.loads(event["Detail"])
        for event in eventbridge._events_log_list()
        if event["DetailType"] == "CodeDeploy Deployment State-change Notification"
    ]
    assert all((each["application"], each["deploymentGroup"]) == ("users", "users-api") for each in details)
    return [(each["deploymentId"], each["state"]) for each in details]


def answer(event: dict[str, Any], status: str) -> None:
    ask(
        "PutLifecycleEventHookExecutionStatus",
        deploymentId=event["DeploymentId"],
        lifecycleEventHookExecutionId=event["LifecycleEventHookExecutionId"],
        status=status,
    )


def test_a_canary_gets_its_share_then_all_traffic() -> None:
    alias = prepare()

    record = start()
    wait_until(lambda: alias.get("RoutingConfig"))
    assert (alias["FunctionVersion"], alias["RoutingConfig"]) == ("1", CANARY)
    info = finish(record)

    assert (alias["FunctionVersion"], alias.get("RoutingConfig")) == ("2", None)
    assert (info["status"], info["creator"], info["computePlatform"]) == ("Succeeded", "user", "Lambda")
    assert info["completeTime"] - info["startTime"] >= 0.5
    assert steps(record) == {
        "BeforeAllowTraffic": "Skipped",
        "AllowTraffic": "Succeeded",
        "AfterAllowTraffic": "Skipped",
    }
    assert published() == [(record["deploymentId"], "START"), (record["deploymentId"], "SUCCESS")]


def test_a_linear_deployment_moves_step_by_step() -> None:
    alias = prepare(routing=LINEAR)
    seen: list[float] = []

    record = start(minute_s=0.2)
    while deployments.is_running(record):
        weight = (alias.get("RoutingConfig") or {}).get("AdditionalVersionWeights", {}).get("2")
        if weight and weight not in seen:
            seen.append(weight)
        time.sleep(0.005)

    assert seen == [0.25, 0.5, 0.75]
    assert finish(record)["status"] == "Succeeded"


def test_a_hook_decides_before_any_traffic() -> None:
    alias, events = prepare(), make_hook()

    record = start(hooks={"BeforeAllowTraffic": "checks"})
    wait_until(lambda: events)
    assert set(events[0]) == {"DeploymentId", "LifecycleEventHookExecutionId", "MinuteSeconds"}
    assert "RoutingConfig" not in alias
    answer(events[0], "Failed")
    info = finish(record)

    assert (info["status"], info["errorInformation"]["code"]) == ("Failed", "HOOK_EXECUTION_FAILURE")
    assert (alias["FunctionVersion"], "RoutingConfig" in alias) == ("1", False)
    assert "rollbackInfo" not in info
    assert steps(record)["BeforeAllowTraffic"] == "Failed"


def test_a_hook_gets_the_event_of_aws_unless_the_clock_is_fast() -> None:
    _, events = prepare(), make_hook()

    real = start(hooks={"BeforeAllowTraffic": "checks"}, minute_s=60)
    wait_until(lambda: events)
    answer(events[0], "Failed")
    finish(real)
    fast = start(hooks={"BeforeAllowTraffic": "checks"}, minute_s=0.5)
    wait_until(lambda: events[1:])
    answer(events[1], "Failed")
    finish(fast)

    assert set(events[0]) == {"DeploymentId", "LifecycleEventHookExecutionId"}
    assert events[1]["MinuteSeconds"] == 0.5


def test_a_hook_after_the_traffic_takes_the_release_back() -> None:
    alias, events = prepare(), make_hook()

    record = start(hooks={"AfterAllowTraffic": "checks"}, minute_s=0.1)
    wait_until(lambda: events)
    assert alias["FunctionVersion"] == "2"
    answer(events[0], "Failed")
    info = finish(record)

    assert (alias["FunctionVersion"], "RoutingConfig" in alias) == ("1", False)
    rollback = ask("GetDeployment", deploymentId=info["rollbackInfo"]["rollbackDeploymentId"])["deploymentInfo"]
    assert (rollback["creator"], rollback["status"]) == ("codeDeployRollback", "Succeeded")
    assert rollback["rollbackInfo"]["rollbackTriggeringDeploymentId"] == record["deploymentId"]
    assert published() == [
        (record["deploymentId"], "START"),
        (rollback["deploymentId"], "START"),
        (rollback["deploymentId"], "SUCCESS"),
        (record["deploymentId"], "FAILURE"),
    ]


def test_a_hook_that_dies_fails_the_deployment_after_an_hour_of_the_clock() -> None:
    prepare()
    make_hook()

    info = finish(start(hooks={"BeforeAllowTraffic": "checks"}, minute_s=0.01))

    assert (info["status"], info["errorInformation"]["code"]) == ("Failed", "TIMEOUT")


def test_a_hook_answers_once_and_only_with_success_or_failure() -> None:
    prepare()
    events = make_hook()
    record = start(hooks={"BeforeAllowTraffic": "checks"})
    wait_until(lambda: events)

    for status, code in (
        ("Skipped", "InvalidLifecycleEventHookExecutionStatusException"),
        ("Succeeded", None),
        ("Failed", "LifecycleEventAlreadyCompletedException"),
    ):
        try:
            answer(events[0], status)
            refused = None
        except RefusedError as error:
            refused = error.code
        assert refused == code
    assert finish(record)["status"] == "Succeeded"


def test_an_alarm_during_the_canary_takes_the_release_back() -> None:
    alarm = make_alarm("errors")
    alias = prepare(alarms=("errors",))

    record = start(minute_s=5)
    wait_until(lambda: alias.get("RoutingConfig"))
    dimensions = {"FunctionName": "tried", "Resource": "tried:live", "ExecutedVersion": "2"}
    cloudwatch.record_metric("AWS/Lambda", "Errors", 1, "Count", dimensions)
    info = finish(record)

    assert alarm["StateValue"] == "ALARM"
    assert (info["status"], info["errorInformation"]["code"]) == ("Stopped", "ALARM_ACTIVE")
    assert "errors" in info["errorInformation"]["message"]
    assert (alias["FunctionVersion"], "RoutingConfig" in alias) == ("1", False)
    assert [state for _, state in published()] == ["START", "START", "SUCCESS", "STOP"]


def test_errors_of_the_old_version_take_nothing_back() -> None:
    make_alarm("errors")
    prepare(alarms=("errors",))

    record = start()
    dimensions = {"FunctionName": "tried", "Resource": "tried:live", "ExecutedVersion": "1"}
    cloudwatch.record_metric("AWS/Lambda", "Errors", 100, "Count", dimensions)

    assert finish(record)["status"] == "Succeeded"


def test_an_alarm_that_is_already_on_stops_the_deployment_at_its_start() -> None:
    make_alarm("errors", "ALARM")
    alias = prepare(alarms=("errors",))

    info = finish(start())

    assert (info["status"], info["errorInformation"]["code"]) == ("Stopped", "ALARM_ACTIVE")
    assert (alias["FunctionVersion"], "RoutingConfig" in alias) == ("1", False)


def test_a_stop_takes_the_release_back_unless_it_says_otherwise() -> None:
    for rolls_back, version, weights in ((None, "1", None), (True, "1", None), (False, "1", CANARY)):
        records.clear()
        alias = prepare()
        record = start(minute_s=HOUR_S)
        wait_until(partial(alias.get, "RoutingConfig"))
        named = {} if rolls_back is None else {"autoRollbackEnabled": rolls_back}

        assert ask("StopDeployment", deploymentId=record["deploymentId"], **named)["status"] == "Pending"
        info = finish(record)

        assert (info["status"], info["errorInformation"]["code"]) == ("Stopped", "MANUAL_STOP")
        assert (alias["FunctionVersion"], alias.get("RoutingConfig")) == (version, weights)


def test_an_alias_that_was_moved_by_hand_fails_the_next_deployment_and_stays() -> None:
    alias = prepare()
    alias["FunctionVersion"] = "2"

    info = finish(start(current="1", target="2"))

    assert (info["status"], info["errorInformation"]["code"]) == ("Failed", "INVALID_LAMBDA_CONFIGURATION")
    assert alias["FunctionVersion"] == "2"


def test_codedeploy_can_do_only_what_its_role_may() -> None:
    for missing in ("lambda:GetAlias", "lambda:InvokeFunction", "cloudwatch:DescribeAlarms"):
        make_alarm("errors")
        make_hook()
        records.clear()
        alias = prepare(alarms=("errors",), actions=tuple(set(ALLOWED) - {missing}))

        info = finish(start(hooks={"BeforeAllowTraffic": "checks"}, minute_s=0.01))

        assert (info["status"], info["errorInformation"]["code"]) == ("Failed", "IAM_ROLE_PERMISSIONS")
        assert missing in info["errorInformation"]["message"]
        assert (alias["FunctionVersion"], "RoutingConfig" in alias) == ("1", False)


def test_a_role_that_may_not_move_the_alias_fails_the_deployment() -> None:
    alias = prepare(actions=tuple(set(ALLOWED) - {"lambda:UpdateAlias"}))

    info = finish(start())

    assert info["errorInformation"]["code"] == "IAM_ROLE_PERMISSIONS"
    assert "lambda:UpdateAlias" in info["errorInformation"]["message"]
    assert alias["FunctionVersion"] == "1"


def test_a_group_that_ignores_unreadable_alarms_deploys() -> None:
    make_alarm("errors")
    prepare(alarms=("errors",), actions=tuple(set(ALLOWED) - {"cloudwatch:DescribeAlarms"}))
    ask(
        "UpdateDeploymentGroup",
        applicationName="users",
        currentDeploymentGroupName="users-api",
        alarmConfiguration={"enabled": True, "ignorePollAlarmFailure": True, "alarms": [{"name": "errors"}]},
    )

    assert finish(start())["status"] == "Succeeded"


def test_a_missing_hook_function_fails_the_deployment_at_once() -> None:
    prepare()

    info = finish(start(hooks={"BeforeAllowTraffic": "gone"}, minute_s=HOUR_S))

    assert info["errorInformation"]["code"] == "INVALID_LAMBDA_FUNCTION"


def test_a_group_has_one_deployment_at_a_time() -> None:
    prepare()
    record = start(minute_s=HOUR_S)

    try:
        start(minute_s=HOUR_S)
        busy = ""
    except deployments.GroupBusyError as error:
        busy = str(error)

    assert record["deploymentId"] in busy
    deployments.stop(record["deploymentId"], rolls_back=True)
    finish(record)
