"""Alarms in templates."""

import json

import pytest

from tests.cdk.templates import Assembly, Template

TOPIC = ":sns:eu-west-1:"


@pytest.fixture
def orders(assembly: Assembly) -> Template:
    return assembly.stack("platform-prod-orders")


def test_each_alarm_tells_the_topic_when_it_goes_off_and_when_it_is_over(orders: Template) -> None:
    told = [
        alarm
        for alarm in orders.resources("AWS::CloudWatch::Alarm") + orders.resources("AWS::CloudWatch::CompositeAlarm")
        if "AlarmActions" in alarm
    ]

    assert len(told) == 11
    for alarm in told:
        assert alarm["AlarmActions"] == alarm["OKActions"]
        [action] = alarm["AlarmActions"]
        assert action["Fn::Join"][1][-1] == ":platform-prod-alarms"
        assert "docs/runbooks/alarms.md" in alarm["AlarmDescription"]


def test_what_another_alarm_reads_tells_nobody_and_is_there_before_it(orders: Template) -> None:
    silent = [alarm["AlarmName"] for alarm in orders.resources("AWS::CloudWatch::Alarm") if "AlarmActions" not in alarm]
    both = next(
        each
        for each in orders.whole("AWS::CloudWatch::CompositeAlarm")
        if each["Properties"]["AlarmName"] == "platform-prod-orders-budget-fast"
    )

    assert sorted(silent) == [
        f"platform-prod-orders-budget-{pace}-{which}" for pace in ("fast", "slow") for which in ("long", "short")
    ]
    assert both["Properties"]["AlarmRule"] == (
        'ALARM("platform-prod-orders-budget-fast-long") AND ALARM("platform-prod-orders-budget-fast-short")'
    )
    read = [orders.content["Resources"][name]["Properties"]["AlarmName"] for name in both["DependsOn"]]
    assert sorted(read) == ["platform-prod-orders-budget-fast-long", "platform-prod-orders-budget-fast-short"]


def test_nothing_is_wrong_where_nobody_calls(orders: Template) -> None:
    assert {alarm["TreatMissingData"] for alarm in orders.resources("AWS::CloudWatch::Alarm")} == {"notBreaching"}


def test_an_alarm_of_one_metric_names_it(orders: Template) -> None:
    alarm = orders.only("AWS::CloudWatch::Alarm", AlarmName="platform-prod-orders-api-errors")

    assert (alarm["Namespace"], alarm["MetricName"], alarm["Statistic"]) == ("AWS/Lambda", "Errors", "Sum")
    assert alarm["Dimensions"] == [{"Name": "FunctionName", "Value": "platform-prod-orders-api"}]
    assert (alarm["Period"], alarm["EvaluationPeriods"], alarm["Threshold"]) == (300, 1, 2)


def test_an_alarm_that_calculates_returns_the_result_alone(orders: Template) -> None:
    alarm = orders.only("AWS::CloudWatch::Alarm", AlarmName="platform-prod-orders-failures")
    [result] = [query for query in alarm["Metrics"] if query["ReturnData"]]
    parts = {query["Id"]: query["MetricStat"] for query in alarm["Metrics"] if not query["ReturnData"]}

    assert "MetricName" not in alarm
    assert {word for word in ("requests", "answered", "ended") if word in result["Expression"]} == parts.keys()
    # CloudWatch calculates with metrics of one period alone.
    assert {part["Period"] for part in parts.values()} == {60}
    assert parts["answered"]["Metric"]["Namespace"] == "platform-prod"
    assert (alarm["DatapointsToAlarm"], alarm["EvaluationPeriods"]) == (2, 3)


def test_what_functions_measure_is_their_environment_s_own(assembly: Assembly) -> None:
    for environment in ("dev", "prod"):
        stack = assembly.stack(f"platform-{environment}-orders")
        measured = stack.variables(f"platform-{environment}-orders-api")["POWERTOOLS_METRICS_NAMESPACE"]
        looked_at = json.dumps(stack.only("AWS::CloudWatch::Alarm", AlarmName=f"platform-{environment}-orders-latency"))

        assert f'"Namespace": "{measured}"' in looked_at
        assert measured == f"platform-{environment}"
