"""The adapters of the console, on an AWS in memory."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from functions.console.cloudwatch import CloudWatch
from functions.console.domain import Metric, Window
from functions.console.operations_api import _content, _event
from functions.shared.aws.clients import client
from functions.shared.errors import Forbidden, InvalidRequest, NotFound, Unauthenticated, Unavailable
from functions.shared.rehearsal import rehearsal_in
from tests.console.fakes import platform


@pytest.fixture
def cloudwatch(aws: None) -> Any:
    client.cache_clear()
    yield boto3.client("cloudwatch")
    client.cache_clear()


def make_alarm(cloudwatch: Any, name: str, **more: Any) -> None:
    usual = {
        "AlarmDescription": "Requests fail. Runbook: docs/runbooks/alarms.md",
        "ComparisonOperator": "GreaterThanThreshold",
        "EvaluationPeriods": 1,
        "Threshold": 2.0,
        "Namespace": "AWS/Lambda",
        "MetricName": "Errors",
        "Statistic": "Sum",
        "Period": 300,
        "Dimensions": [{"Name": "FunctionName", "Value": "mine"}],
    }
    cloudwatch.put_metric_alarm(AlarmName=name, **(usual | more))


def test_only_the_platform_s_own_alarms_are_listed_and_found(cloudwatch: Any) -> None:
    make_alarm(cloudwatch, "platform-test-users-failures")
    make_alarm(cloudwatch, "platform-testing-other")
    make_alarm(cloudwatch, "another")
    found = CloudWatch(platform)

    [alarm] = found.list_alarms()

    assert (alarm.name, alarm.service) == ("platform-test-users-failures", "users")
    assert (alarm.description, alarm.runbook) == ("Requests fail.", "docs/runbooks/alarms.md")
    assert (alarm.threshold, alarm.sign, alarm.period_s) == (2.0, ">", 300)
    assert found.find_alarm("platform-test-users-failures") == alarm
    assert found.find_alarm("another") is None
    assert found.find_alarm("platform-test-none") is None


def test_values_are_in_the_periods_in_which_they_were_measured(cloudwatch: Any) -> None:
    window = Window.until(datetime.now(UTC), periods=3, period_s=60)
    at = window.start + timedelta(seconds=70)
    dimensions = [{"Name": "FunctionName", "Value": "mine"}]
    datum = {"MetricName": "Errors", "Value": 4.0, "Timestamp": at, "Dimensions": dimensions}
    cloudwatch.put_metric_data(Namespace="Mine", MetricData=[datum])

    read = CloudWatch(platform).read(
        [Metric(id="mine", namespace="Mine", name="Errors", dimensions={"FunctionName": "mine"})], window
    )

    assert read["mine"].values == (None, 4.0, None)


def test_a_window_ends_with_the_period_that_is_under_way() -> None:
    window = Window.until(datetime(2026, 11, 30, 12, 0, 30, tzinfo=UTC), periods=2, period_s=60)

    assert (window.start, window.end) == (
        datetime(2026, 11, 30, 11, 59, tzinfo=UTC), datetime(2026, 11, 30, 12, 1, tzinfo=UTC),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (401, Unauthenticated), (403, Forbidden), (404, NotFound), (422, InvalidRequest), (500, Unavailable),
        (503, Unavailable),
    ],
)  # fmt: skip
def test_a_refusal_of_operations_becomes_an_error_of_the_page(status: int, error: type[Exception]) -> None:
    answer = {"statusCode": status, "body": json.dumps({"detail": "The reason."}), "isBase64Encoded": False}

    with pytest.raises(error):
        _content(answer)


def test_an_answer_is_read() -> None:
    assert _content({"statusCode": 200, "body": '{"items": []}', "isBase64Encoded": False}) == {"items": []}


def test_a_call_carries_the_person_s_token_and_can_be_no_rehearsal() -> None:
    event = _event("/operations/kpis", token="the-token", query={"days": "7"})

    assert event["multiValueHeaders"]["authorization"] == ["Bearer the-token"]
    assert rehearsal_in({**event, "rehearsal": {"scopes": ["operations/read"]}}) is None
