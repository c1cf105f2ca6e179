"""Metrics in a function's log."""

import json

from ministack.services import cloudwatch, lambda_svc

from tests.local.embedded_aws.resources import function

LINE = {
    "_aws": {
        "Timestamp": 1,
        "CloudWatchMetrics": [
            {"Namespace": "platform", "Dimensions": [["service"]], "Metrics": [{"Name": "Created", "Unit": "Count"}]}
        ],
    },
    "service": "users",
    "Created": [1.0, 2.0],
}


def test_metrics_in_the_embedded_format_become_values_of_cloudwatch() -> None:
    log = f'{json.dumps(LINE)}\n{{"CloudWatchMetrics": 1}}'

    lambda_svc._emit_lambda_logs(function(""), "r", log, None, 1)

    points = cloudwatch._metrics["platform", "Created", "service=users"]
    assert [(point["Value"], point["Unit"]) for point in points] == [(1.0, "Count"), (2.0, "Count")]
    assert [name for namespace, name, _ in cloudwatch._metrics if namespace == "platform"] == ["Created"]


def test_a_metric_has_a_value_for_each_of_its_sets_of_dimensions() -> None:
    sets = [["service"], ["service", "function", "version"]]
    metrics = {"Namespace": "platform", "Dimensions": sets, "Metrics": [{"Name": "Duration", "Unit": "Milliseconds"}]}
    line = {"_aws": {"Timestamp": 1, "CloudWatchMetrics": [metrics]}, "service": "users", "function": "api"}

    for version in ("41", "42", "42"):
        log = json.dumps({**line, "version": version, "Duration": [5.0]})
        lambda_svc._emit_lambda_logs(function(""), "r", log, None, 1)

    def counted(**dimensions: str) -> int:
        return len(cloudwatch._metrics["platform", "Duration", cloudwatch._dims_key(dimensions)])

    assert counted(service="users") == 3
    assert counted(service="users", function="api", version="41") == 1
    assert counted(service="users", function="api", version="42") == 2
