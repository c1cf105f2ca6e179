"""Alarms in templates."""

import json

import pytest

from tests.cdk.templates import Assembly, Template

TOPIC = ":sns:eu-west-1:"


@pytest.fixture
def orders(assembly: Assembly) -> Template:
    return assembly.stack("platform-prod-orders")


def test_each_alarm_notifies_the_topic_when_it_fires_and_when_it_returns_to_ok(orders: Template) -> None:
    notifying = [
        alarm
        for alarm in orders.resources("AWS::CloudWatch::Alarm") + orders.resources("AWS::CloudWatch::CompositeAlarm")
        if "AlarmActions" in alarm
    ]

    assert len(notifying) == 11
    for alarm in notifying:
        assert alarm["AlarmActions"] == alarm["OKActions"]
        [action] = alarm["AlarmActions"]
        assert action["Fn::Join"][1][-1] == ":platform-prod-alarms"
        assert "docs/runbooks/alarms.md" in alarm["AlarmDescription"]


def test_the_alarms_of_a_composite_alarm_notify_no_topic_and_are_created_before_it(orders: Template) -> None:
    silent = [
        alarm["AlarmName"]
        for alarm in orders.resources("AWS::CloudWatch::Alarm")
        if "AlarmActions" not in alarm and isinstance(alarm["AlarmName"], str)
    ]
    composite = next(
        each
        for each in orders.whole("AWS::CloudWatch::CompositeAlarm")
        if each["Properties"]["AlarmName"] == "platform-prod-orders-budget-fast"
    )

    assert sorted(silent) == [
        f"platform-prod-orders-budget-{pace}-{which}" for pace in ("fast", "slow") for which in ("long", "short")
    ]
    assert composite["Properties"]["AlarmRule"] == (
        'ALARM("platform-prod-orders-budget-fast-long") AND ALARM("platform-prod-orders-budget-fast-short")'
    )
    read = [orders.content["Resources"][name]["Properties"]["AlarmName"] for name in composite["DependsOn"]]
    assert sorted(read) == ["platform-prod-orders-budget-fast-long", "platform-prod-orders-budget-fast-short"]


def test_an_alarm_stays_ok_without_data(orders: Template) -> None:
    assert {alarm["TreatMissingData"] for alarm in orders.resources("AWS::CloudWatch::Alarm")} == {"notBreaching"}


def test_an_alarm_of_one_metric_names_it(orders: Template) -> None:
    alarm = orders.only("AWS::CloudWatch::Alarm", AlarmName="platform-prod-orders-api-errors")

    assert (alarm["Namespace"], alarm["MetricName"], alarm["Statistic"]) == ("AWS/Lambda", "Errors", "Sum")
    assert alarm["Dimensions"] == [{"Name": "FunctionName", "Value": "platform-prod-orders-api"}]
    assert (alarm["Period"], alarm["EvaluationPeriods"], alarm["Threshold"]) == (300, 1, 2)


def test_an_alarm_on_an_expression_returns_only_the_result(orders: Template) -> None:
    alarm = orders.only("AWS::CloudWatch::Alarm", AlarmName="platform-prod-orders-failures")
    [result] = [query for query in alarm["Metrics"] if query["ReturnData"]]
    parts = {query["Id"]: query["MetricStat"] for query in alarm["Metrics"] if not query["ReturnData"]}

    assert "MetricName" not in alarm
    assert parts.keys() == {"invocations", "answered", "ended", "throttled"}
    assert all(f"FILL({name}, 0)" in result["Expression"] for name in parts)
    # The metrics of an expression must have the same period.
    assert {part["Period"] for part in parts.values()} == {60}
    assert parts["answered"]["Metric"]["Namespace"] == "platform-prod"
    assert (alarm["DatapointsToAlarm"], alarm["EvaluationPeriods"]) == (2, 3)


@pytest.mark.parametrize(
    "name", ["failures", *(f"budget-{pace}-{end}" for pace in ("fast", "slow") for end in ("long", "short"))]
)
def test_throttled_requests_count_among_requests_and_failures_of_each_alarm_on_them(
    orders: Template, name: str
) -> None:
    alarm = orders.only("AWS::CloudWatch::Alarm", AlarmName=f"platform-prod-orders-{name}")
    [result] = [query["Expression"] for query in alarm["Metrics"] if query["ReturnData"]]
    [throttled] = [query["MetricStat"]["Metric"] for query in alarm["Metrics"] if query["Id"] == "throttled"]

    assert (throttled["Namespace"], throttled["MetricName"]) == ("AWS/Lambda", "Throttles")
    failed, requests = result.split(" / ")
    assert "FILL(throttled, 0)" in failed.partition("100 * ")[2]
    assert requests.startswith("(FILL(invocations, 0) + FILL(throttled, 0))")


def test_each_environment_has_its_own_namespace_of_metrics(assembly: Assembly) -> None:
    for environment in ("dev", "prod"):
        stack = assembly.stack(f"platform-{environment}-orders")
        measured = stack.variables(f"platform-{environment}-orders-api")["POWERTOOLS_METRICS_NAMESPACE"]
        alarm = json.dumps(stack.only("AWS::CloudWatch::Alarm", AlarmName=f"platform-{environment}-orders-latency"))

        assert f'"Namespace": "{measured}"' in alarm
        assert measured == f"platform-{environment}"
