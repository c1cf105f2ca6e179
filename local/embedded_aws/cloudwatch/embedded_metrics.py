"""Turn the metrics in a function's log (embedded metric format) into CloudWatch metrics.

Relies on `lambda_svc._emit_lambda_logs` and `cloudwatch.record_metric`. The format:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ministack.services import cloudwatch, lambda_svc

from local.embedded_aws.extension import Extension, Hook


@dataclass(frozen=True, slots=True)
class Point:
    """One value of one metric."""

    namespace: str
    name: str
    value: float
    unit: str
    dimensions: dict[str, str]


def _points(line: str) -> Iterator[Point]:
    """Yield the values of a log line; a line in another format has none, as on AWS."""
    try:
        entry = json.loads(line)
        for directive in entry["_aws"]["CloudWatchMetrics"]:
            for names in directive.get("Dimensions") or [[]]:
                dimensions = {name: str(entry[name]) for name in names}
                for metric in directive["Metrics"]:
                    values = entry[metric["Name"]]
                    for value in values if isinstance(values, list) else [values]:
                        yield Point(
                            directive["Namespace"],
                            metric["Name"],
                            float(value),
                            metric.get("Unit", "None"),
                            dimensions,
                        )
    except (ValueError, KeyError, TypeError):
        return


def _install() -> None:
    emit = lambda_svc._emit_lambda_logs

    def emit_with_metrics(func: dict[str, Any], request_id: str, log_text: str, *rest: Any, **named: Any) -> None:
        emit(func, request_id, log_text, *rest, **named)
        for line in log_text.splitlines():
            if '"CloudWatchMetrics"' in line:
                for point in _points(line):
                    cloudwatch.record_metric(point.namespace, point.name, point.value, point.unit, point.dimensions)

    lambda_svc._emit_lambda_logs = emit_with_metrics


EXTENSION = Extension(
    closes="Metrics in the embedded metric format stayed log lines.",
    hooks=(
        Hook(
            module="ministack.services.lambda_svc",
            name="_emit_lambda_logs",
            parameters=("func", "request_id", "log_text", "error", "duration_ms", "log_source"),
        ),
        Hook(
            module="ministack.services.cloudwatch",
            name="record_metric",
            parameters=("namespace", "metric_name", "value", "unit", "dimensions"),
        ),
    ),
    install=_install,
)
