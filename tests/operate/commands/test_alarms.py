"""The list of firing alarms."""

import json
from datetime import datetime
from typing import Any

import boto3
import pytest

from operate.cli import main


def put(name: str, state: str, *, notifies: bool = True) -> None:
    cloudwatch = boto3.client("cloudwatch")
    alarm: dict[str, Any] = {
        "AlarmName": name,
        "AlarmDescription": f"{name} is wrong.",
        "MetricName": "Errors",
        "Namespace": "AWS/Lambda",
        "Statistic": "Sum",
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": 1,
        "ComparisonOperator": "GreaterThanThreshold",
    }
    topic = "arn:aws:sns:eu-west-1:123456789012:platform-dev-alarms"
    cloudwatch.put_metric_alarm(**alarm, AlarmActions=[topic] if notifies else [])
    cloudwatch.set_alarm_state(AlarmName=name, StateValue=state, StateReason=f"{state}, as a test says")


@pytest.fixture(autouse=True)
def some_alarms(aws: None) -> None:
    put("platform-dev-users-failures", "OK")
    put("platform-dev-users-latency", "ALARM")
    put("platform-dev-users-budget-fast-long", "ALARM", notifies=False)
    put("platform-dev-files-failures", "OK")
    put("platform-prod-files-failures", "ALARM")


def test_a_firing_alarm_is_listed_with_its_description_and_reason(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["alarms", "--environment", "dev"]) == 1

    firing, description, reason, counted, remedy = capsys.readouterr().out.splitlines()
    assert firing.startswith("✘ platform-dev-users-latency  since 20")
    assert firing.endswith("Z")
    assert description == "  platform-dev-users-latency is wrong."
    assert reason == "  ALARM, as a test says"
    assert counted == "✘ 1 of 3 alarms are firing"
    assert "docs/runbooks/alarms.md" in remedy


def test_the_alarms_of_one_service_can_be_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["alarms", "--environment", "dev", "--service", "files"]) == 0

    assert capsys.readouterr().out == "✔ 0 of 1 alarms are firing\n"


def test_an_environment_without_alarms_is_a_failure(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["alarms", "--environment", "dev", "--service", "exports"]) == 1

    assert (
        "There are no alarms with names platform-dev-exports-…. Deploy the environment first."
        in capsys.readouterr().err
    )


def test_firing_alarms_are_json_for_scripts(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["alarms", "--environment", "dev", "--json"]) == 1

    [line] = capsys.readouterr().out.splitlines()
    alarm = json.loads(line)
    assert alarm.keys() == {"name", "state", "since", "description", "reason"}
    assert alarm["state"] == "ALARM"
    assert datetime.fromisoformat(alarm["since"]).tzinfo
