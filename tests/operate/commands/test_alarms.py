"""The list of alarms that are off."""

from typing import Any

import boto3
import pytest

from operate.cli import main


def put(name: str, state: str, *, tells: bool = True) -> None:
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
    cloudwatch.put_metric_alarm(**alarm, AlarmActions=[topic] if tells else [])
    cloudwatch.set_alarm_state(AlarmName=name, StateValue=state, StateReason=f"{state}, as a test says")


@pytest.fixture(autouse=True)
def some_alarms(aws: None) -> None:
    put("platform-dev-users-failures", "OK")
    put("platform-dev-users-latency", "ALARM")
    put("platform-dev-users-budget-fast-long", "ALARM", tells=False)
    put("platform-dev-files-failures", "OK")
    put("platform-prod-files-failures", "ALARM")


def test_what_is_off_is_named_with_what_it_means_and_why(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["alarms", "--environment", "dev"]) == 1

    off, means, why, counted = capsys.readouterr().out.splitlines()
    assert off.startswith("✘ platform-dev-users-latency  since 20")
    assert off.endswith("Z")
    assert means == "  platform-dev-users-latency is wrong."
    assert why == "  ALARM, as a test says"
    assert counted == "✘ 1 of 3 alarms are off"


def test_a_service_s_own_can_be_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["alarms", "--environment", "dev", "--service", "files"]) == 0

    assert capsys.readouterr().out == "✔ 0 of 1 alarms are off\n"


def test_where_there_are_none_nothing_is_well(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["alarms", "--environment", "dev", "--service", "exports"]) == 1

    assert "There are no alarms named platform-dev-exports-…; deploy the environment first" in capsys.readouterr().out
