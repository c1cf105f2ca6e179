"""The evaluation of alarms."""

from typing import Any

from ministack.services import cloudwatch

from tests.local.embedded_aws.cloudwatch.alarms import TOPIC, alarm, errors_of, notified, record, set_up, states


def test_an_alarm_evaluates_only_its_own_metric_and_its_own_periods() -> None:
    set_up()
    alarm("mine", **errors_of("mine"))
    alarm("other", **errors_of("other"))
    record("Errors", 3, function="mine")
    record("Errors", 9, age_s=400, function="other")

    assert states() == {"mine": "ALARM", "other": "OK"}
    assert notified() == [("mine", "ALARM")]


def test_an_alarm_returns_to_ok_when_its_periods_are_over() -> None:
    set_up()
    alarm("mine", OKActions=[TOPIC], **errors_of("mine"))
    record("Errors", 3, function="mine")
    assert states() == {"mine": "ALARM"}

    cloudwatch._metrics["AWS/Lambda", "Errors", "FunctionName=mine"][0]["Timestamp"] -= 400

    assert states() == {"mine": "OK"}
    assert notified()[-2:] == [("mine", "ALARM"), ("mine", "OK")]


def sum_of(name: str, metric: str) -> dict[str, Any]:
    dimensions = [{"Name": "FunctionName", "Value": "mine"}]
    return {
        "Id": name,
        "MetricStat": {
            "Metric": {"Namespace": "AWS/Lambda", "MetricName": metric, "Dimensions": dimensions},
            "Stat": "Sum",
            "Period": "60",
        },
        "ReturnData": "false",
    }


def test_an_alarm_of_a_template_calculates_with_metric_math() -> None:
    set_up()
    share = {
        "Id": "result",
        "Expression": "IF(requests >= 10, 100 * FILL(failed, 0) / requests, 0)",
        "ReturnData": "true",
    }
    metrics = [share, sum_of("requests", "Invocations"), sum_of("failed", "Errors")]
    alarm("share", EvaluationPeriods=3, DatapointsToAlarm=2, Metrics=metrics)
    for age_s in (0, 70, 130):
        record("Invocations", 100, age_s=age_s, function="mine")
    record("Errors", 3, function="mine")
    assert states() == {"share": "OK"}

    record("Errors", 3, age_s=130, function="mine")

    assert states() == {"share": "ALARM"}


def test_an_alarm_calculates_with_the_share_of_values_in_a_range() -> None:
    set_up()
    in_time = sum_of("in_time", "Duration")
    in_time["MetricStat"]["Stat"] = "PR(:1000)"
    late = {"Id": "result", "Expression": "100 - in_time", "ReturnData": True}
    alarm("late", Metrics=[late, in_time])
    for duration_ms in (*([20.0] * 97), 1000.0, 1000.5):
        record("Duration", duration_ms, function="mine")
    assert states() == {"late": "OK"}

    for _ in range(2):
        record("Duration", 3000.0, function="mine")

    assert states() == {"late": "ALARM"}


def test_metric_math_that_the_embedded_aws_lacks_is_refused() -> None:
    set_up()
    band = {"Id": "result", "Expression": "ANOMALY_DETECTION_BAND(m, 2)", "ReturnData": True}

    try:
        alarm("unknown", Metrics=[band, sum_of("m", "Errors")])
    except ValueError as error:
        refused = str(error)

    assert "metric math is not understood" in refused
