"""Answer GetMetricData as the alarms read their metrics: with metric math, percentile ranks and aligned periods.

Relies on `cloudwatch._get_metric_data`, on its data points and on the form in which it encodes answers.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from ministack.services import cloudwatch

from local.embedded_aws.cloudwatch.alarm_evaluation import statistic_of
from local.embedded_aws.cloudwatch.metric_math import Value, formula
from local.embedded_aws.extension import Extension, Hook

type Values = Mapping[int, float]
type Query = Mapping[str, Any]

_upstream = cloudwatch._get_metric_data


def _answer(params: Any, data: Mapping[str, Any], is_cbor: Any, is_json: Any = None) -> Any:
    if not (is_cbor or is_json):
        # No client of the platform speaks the protocol that the SDKs have given up.
        return _upstream(params, data, is_cbor, is_json)
    start, end = cloudwatch._parse_ts(data["StartTime"]), cloudwatch._parse_ts(data["EndTime"])
    queries: Sequence[Query] = data["MetricDataQueries"]
    operands = {query["Id"]: _values(query["MetricStat"], start, end) for query in queries if "MetricStat" in query}
    results = [_result(query, operands) for query in queries if query.get("ReturnData", True)]
    if is_cbor:
        return cloudwatch._cbor_ok(
            {"MetricDataResults": [cloudwatch._cbor_metric_data_result(each) for each in results]}
        )
    return cloudwatch._json_ok({"MetricDataResults": results})


def _values(stat: Mapping[str, Any], start: float, end: float) -> Values:
    """Return the value of each period that has one, by the second at which the period begins."""
    metric, period_s = stat["Metric"], int(stat["Period"])
    dimensions = cloudwatch._dims_key(cloudwatch._dims_from_list(metric.get("Dimensions") or []))
    points = cloudwatch._metrics.get((metric["Namespace"], metric["MetricName"], dimensions)) or []
    periods: dict[int, list[Any]] = defaultdict(list)
    # The newest point is last.
    for point in reversed(list(points)):
        if point["Timestamp"] < start:
            break
        if point["Timestamp"] < end:
            periods[int(point["Timestamp"] // period_s) * period_s].append(point)
    found = {at: statistic_of(inside, stat["Stat"]) for at, inside in sorted(periods.items())}
    return {at: value for at, value in found.items() if value is not None}


def _result(query: Query, operands: Mapping[str, Values]) -> dict[str, Any]:
    values = operands[query["Id"]] if "MetricStat" in query else _calculated(query["Expression"], operands)
    return {
        "Id": query["Id"],
        "Label": query.get("Label", query["Id"]),
        "StatusCode": "Complete",
        "Timestamps": [cloudwatch._ts_iso(at) for at in values],
        "Values": list(values.values()),
    }


def _calculated(expression: str, operands: Mapping[str, Values]) -> Values:
    """Return the values of an expression for each period in which one of the metrics has a value."""
    calculated = formula(expression)
    found: dict[int, Value] = {
        at: calculated({name: values.get(at) for name, values in operands.items()})
        for at in sorted({at for values in operands.values() for at in values})
    }
    return {at: value for at, value in found.items() if value is not None}


def _install() -> None:
    cloudwatch._get_metric_data = _answer


EXTENSION = Extension(
    closes="GetMetricData had neither metric math nor percentile ranks, so it could not show what an alarm sees.",
    hooks=(
        Hook(
            module="ministack.services.cloudwatch",
            name="_get_metric_data",
            parameters=("params", "cbor_data", "is_cbor", "is_json"),
        ),
        Hook(
            module="ministack.services.cloudwatch",
            name="handle_request",
            contains=('"GetMetricData": _get_metric_data',),
        ),
        Hook(module="ministack.services.cloudwatch", name="_parse_ts", parameters=("value",)),
        Hook(module="ministack.services.cloudwatch", name="_ts_iso", parameters=("epoch",)),
        Hook(module="ministack.services.cloudwatch", name="_cbor_metric_data_result", parameters=("result",)),
        Hook(module="ministack.services.cloudwatch", name="_cbor_ok", parameters=("data",)),
        Hook(module="ministack.services.cloudwatch", name="_json_ok", parameters=("data",)),
    ),
    install=_install,
)
