"""The explanation of a failed deployment names the first cause, not the last consequence."""

import json
from datetime import timedelta
from typing import Any

import pytest

from operate.releases.failure import causes_of_failure
from tests.operate.releases.fakes import BEFORE, STARTED, Pages, refused, target_of

STACK = "platform-prod-users"
FUNCTION = "platform-prod-users-api"


def event(name: str, kind: str, status: str, reason: str, **more: Any) -> Any:
    return {
        "LogicalResourceId": name,
        "ResourceType": kind,
        "ResourceStatus": status,
        "ResourceStatusReason": reason,
        "PhysicalResourceId": more.get("physical", "x"),
        "StackId": "arn:stack",
        "Timestamp": more.get("at", STARTED),
    }


ALIAS = event(
    "ApiLive",
    "AWS::Lambda::Alias",
    "UPDATE_FAILED",
    "CodeDeploy deployment d-1 failed",
    physical=f"arn:aws:lambda:eu-west-1:111111111111:function:{FUNCTION}:live",
)
TEMPLATE = {
    "Resources": {
        "ApiLive": {
            "Type": "AWS::Lambda::Alias",
            "Properties": {"Name": "live", "FunctionName": FUNCTION, "FunctionVersion": "41"},
            "UpdatePolicy": {"CodeDeployLambdaAliasUpdate": {"BeforeAllowTrafficHook": {"Ref": "Hook"}}},
        }
    }
}


class FakeCloudFormation:
    """The events of one stack, the newest first, as CloudFormation lists them."""

    def __init__(self, *events: Any) -> None:
        self.events = sorted(events, key=lambda each: each["Timestamp"], reverse=True)

    def get_paginator(self, operation: str) -> Pages:
        hook = {"LogicalResourceId": "Hook", "ResourceType": "AWS::Lambda::Function", "PhysicalResourceId": "the-hook"}
        pages = {
            "describe_stack_events": {"StackEvents": self.events},
            "list_stack_resources": {"StackResourceSummaries": [hook]},
        }

        def page(*, StackName: str) -> Any:  # noqa: N803 - as boto3 names it
            if StackName != STACK:
                raise refused("ValidationError")
            return pages[operation]

        return Pages(page)

    def get_template(self, **_: str) -> Any:
        return {"TemplateBody": TEMPLATE}


class FakeCodeDeploy:
    def __init__(self, code: str, message: str) -> None:
        self.error = {"code": code, "message": message}

    def list_deployments(self, **arguments: Any) -> Any:
        assert arguments["deploymentGroupName"] == FUNCTION
        return {"deployments": ["d-1"]}

    def get_deployment(self, **_: str) -> Any:
        group = {"applicationName": STACK, "deploymentGroupName": FUNCTION}
        times = {"createTime": STARTED, "completeTime": STARTED + timedelta(minutes=6)}
        return {"deploymentInfo": {"deploymentId": "d-1", "errorInformation": self.error, **group, **times}}

    def get_deployment_group(self, **_: str) -> Any:
        return {"deploymentGroupInfo": {"alarmConfiguration": {"alarms": [{"name": "a"}, {"name": "b"}]}}}

    def list_deployment_targets(self, **_: str) -> Any:
        return {"targetIds": ["t"]}

    def batch_get_deployment_targets(self, **_: Any) -> Any:
        passed = {"lifecycleEventName": "AllowTraffic", "status": "Skipped"}
        failed = {"lifecycleEventName": "BeforeAllowTraffic", "status": "Failed", "diagnostics": {"message": "no"}}
        moved = {"functionAlias": "live", "currentVersion": "40", "targetVersion": "41"}
        return {
            "deploymentTargets": [{"lambdaTarget": {"lifecycleEvents": [failed, passed], "lambdaFunctionInfo": moved}}]
        }


class FakeCloudWatch:
    def get_paginator(self, _: str) -> Pages:
        def page(*, AlarmNames: list[str], **_: Any) -> Any:  # noqa: N803 - as boto3 names it
            states = {"a": "ALARM", "b": "OK"}
            alarms = [
                {"AlarmName": name, "StateValue": states[name], "StateReason": f"{name} crossed 2 %"}
                for name in AlarmNames
            ]
            return {"MetricAlarms": alarms}

        return Pages(page)


class FakeLogs:
    """The log of the hook, and that of the function: a line of the version before, and one of the new version."""

    def __init__(self) -> None:
        self.asked: list[Any] = []

    def filter_log_events(self, *, logGroupName: str, **_: Any) -> Any:  # noqa: N803 - as boto3 names it
        assert logGroupName == "/aws/lambda/the-hook"
        failed = {
            "level": "ERROR",
            "message": "release check failed",
            "call": "GET /users",
            "expected": 200,
            "got": 500,
        }
        return {"events": [{"message": each} for each in (json.dumps(failed), '{"level": "INFO"}', "END RequestId: x")]}

    def get_paginator(self, operation: str) -> Pages:
        assert operation == "filter_log_events"

        def page(**asked: Any) -> Any:
            self.asked.append(asked)
            line = {"message": "request", "method": "GET", "route": "/users/{user_id}", "status": 500, "duration_ms": 9}
            return {
                "events": [
                    {
                        "logStreamName": f"2026/11/30/[{version}]a",
                        "message": json.dumps({**line, "request_id": version}),
                    }
                    for version in ("40", "41")
                ]
            }

        return Pages(page)


def explain(
    *events: Any, code: str = "ALARM_ACTIVE", stacks: list[str] | None = None, logs: FakeLogs | None = None
) -> str:
    clients = {
        "cloudformation": FakeCloudFormation(*events),
        "codedeploy": FakeCodeDeploy(code, "stopped"),
        "cloudwatch": FakeCloudWatch(),
        "logs": logs or FakeLogs(),
    }
    target = target_of("prod", **clients)
    return "\n".join(causes_of_failure(target, stacks or [STACK], since=STARTED))


def test_the_first_failure_comes_first_and_consequences_are_left_out() -> None:
    text = explain(
        event("Later", "AWS::SQS::Queue", "CREATE_FAILED", "taken", at=STARTED + timedelta(seconds=9)),
        event("First", "AWS::S3::Bucket", "CREATE_FAILED", "the name exists"),
        event("Other", "AWS::SQS::Queue", "UPDATE_FAILED", "Resource update cancelled"),
        event(STACK, "AWS::CloudFormation::Stack", "UPDATE_ROLLBACK_FAILED", "failed", physical="arn:stack"),
        event("Old", "AWS::SQS::Queue", "CREATE_FAILED", "of yesterday", at=BEFORE),
    )

    assert text.splitlines() == [
        f"✘ {STACK}",
        "  First (AWS::S3::Bucket) CREATE_FAILED: the name exists",
        "  Later (AWS::SQS::Queue) CREATE_FAILED: taken",
    ]


def test_an_alarm_that_stopped_a_canary_is_named_with_its_reason() -> None:
    text = explain(ALIAS)

    assert "CodeDeploy d-1: ALARM_ACTIVE: stopped" in text
    assert "in ALARM: a: a crossed 2 %" in text
    assert "in ALARM: b" not in text


def test_an_event_without_the_alias_is_explained_by_the_record() -> None:
    text = explain({**ALIAS, "PhysicalResourceId": ""})

    assert "CodeDeploy d-1: ALARM_ACTIVE: stopped" in text


def test_a_hook_speaks_for_itself() -> None:
    text = explain(ALIAS, code="HOOK_EXECUTION_FAILURE")

    assert "BeforeAllowTraffic: no" in text
    assert "the-hook: release check failed; call: GET /users; expected: 200; got: 500" in text
    assert text.count("the-hook") == 1


def test_a_failing_request_of_the_new_version_in_the_time_of_the_release_is_named() -> None:
    logs = FakeLogs()

    text = explain(ALIAS, logs=logs)

    assert "    failing request 41: GET /users/{user_id}, 500 after 9 ms" in text.splitlines()
    assert "failing request 40" not in text
    (asked,) = logs.asked
    assert asked["logGroupName"] == f"/aws/lambda/{FUNCTION}"
    assert asked["endTime"] - asked["startTime"] == 6 * 60 * 1000
    # prod's objective for latency is the default.
    assert asked["filterPattern"].startswith('{ $.status >= 500 || $.level = "ERROR" || $.duration_ms > 1000 ||')


def test_a_refusal_of_the_log_does_not_hide_the_alarm() -> None:
    logs = FakeLogs()
    logs.get_paginator = lambda _: (_ for _ in ()).throw(refused("AccessDenied"))  # type: ignore[method-assign,assignment]

    text = explain(ALIAS, logs=logs)

    assert "in ALARM: a: a crossed 2 %" in text
    assert "the requests of version 41 cannot be read" in text


def test_a_stack_that_was_never_created_is_passed_over() -> None:
    assert explain(stacks=["platform-prod-orders"]) == ""


@pytest.mark.parametrize("code", ["AccessDenied", "Throttling"])
def test_a_refusal_of_codedeploy_does_not_hide_the_words_of_cloudformation(code: str) -> None:
    codedeploy = FakeCodeDeploy("X", "x")
    codedeploy.list_deployments = lambda **_: (_ for _ in ()).throw(refused(code))  # type: ignore[method-assign]
    target = target_of("prod", cloudformation=FakeCloudFormation(ALIAS), codedeploy=codedeploy)

    text = "\n".join(causes_of_failure(target, [STACK], since=STARTED))

    assert "CodeDeploy deployment d-1 failed" in text
    assert f"cannot be read: An error occurred ({code})" in text
