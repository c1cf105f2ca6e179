"""GetMetricData shows the values that an alarm compares."""

import json
import time
from typing import Any

from ministack.services import cloudwatch

from local.embedded_aws.cloudwatch import metric_data
from tests.local.embedded_aws.cloudwatch.alarms import record, set_up


def stat(name: str, metric: str, statistic: str = "Sum", *, returned: bool = False) -> dict[str, Any]:
    dimensions = [{"Name": "FunctionName", "Value": "mine"}]
    named = {"Namespace": "AWS/Lambda", "MetricName": metric, "Dimensions": dimensions}
    return {"Id": name, "MetricStat": {"Metric": named, "Stat": statistic, "Period": 60}, "ReturnData": returned}


def answer(*queries: dict[str, Any], minutes: int = 10) -> dict[str, list[float]]:
    now = time.time()
    asked = {"MetricDataQueries": list(queries), "StartTime": now - 60 * minutes, "EndTime": now + 60}
    status, _, body = metric_data._answer({}, asked, is_cbor=False, is_json=True)
    assert status == 200
    return {each["Id"]: each["Values"] for each in json.loads(body)["MetricDataResults"]}


def test_an_expression_is_calculated_for_each_period_with_a_value() -> None:
    set_up()
    record("Invocations", 10, age_s=130, function="mine")
    record("Invocations", 20, age_s=10, function="mine")
    record("Errors", 1, age_s=10, function="mine")
    share = {"Id": "result", "Expression": "100 * FILL(failed, 0) / requests", "ReturnData": True}

    assert answer(share, stat("requests", "Invocations"), stat("failed", "Errors")) == {"result": [0.0, 5.0]}


def test_a_metric_is_summed_by_period_and_only_within_the_window() -> None:
    set_up()
    for age_s, value in ((3000, 9), (130, 2), (130, 3)):
        record("Errors", value, age_s=age_s, function="mine")
    record("Errors", 7, age_s=130, function="other")

    assert answer(stat("value", "Errors", returned=True)) == {"value": [5.0]}
    assert answer(stat("rank", "Errors", "PR(2:)", returned=True)) == {"rank": [50.0]}
    assert answer(stat("none", "Throttles", returned=True)) == {"none": []}


def test_the_handler_of_requests_answers_with_it() -> None:
    assert cloudwatch._get_metric_data is metric_data._answer
