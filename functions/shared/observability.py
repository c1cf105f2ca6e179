"""The structured logs and metrics of a function: one logger and one metrics store, both without personal data."""

import json
import logging
import os
import time
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.logging import formatter
from aws_lambda_powertools.metrics import MetricUnit as MetricUnit  # noqa: PLC0414 - re-exported for the modules that measure

from functions.shared.correlation import Correlation
from functions.shared.error_report import report
from functions.shared.interface.names import (
    BATCHES_FAILED,
    CHANGE_LEAD_TIME,
    DEPLOYMENT_CYCLE_TIME,
    DURATION,
    SERVER_ERRORS,
)

# Names of tasks, threads and processes are useless here, and no line has them; Python asks for them otherwise:
# https://docs.python.org/3/howto/logging.html#optimization
logging.logAsyncioTasks = False  # type: ignore[attr-defined] # the stubs lack it
logging.logThreads = False
logging.logProcesses = False
logging.logMultiprocessing = False
# Powertools looks up each of some thirty attributes of a line in this tuple, one name after the other.
formatter.RESERVED_LOG_ATTRS = frozenset(formatter.RESERVED_LOG_ATTRS)  # type: ignore[assignment]

# `JSONEncoder(default=str, ensure_ascii=False, separators=(",", ":"))` makes this encoder again for each line.
_encode: Any = json.encoder.c_make_encoder(  # type: ignore[attr-defined] # the stubs lack it
    None,
    str,
    json.encoder.encode_basestring,
    None,
    ":",
    ",",
    False,
    False,
    True,
)

# The sets of dimensions of a metric; CloudWatch keeps, and bills, a metric for each set.
_OF_SERVICE = (("service",),)
_OF_VERSION = ("service", "function", "version")
# The metrics that judge a new version beside the old one, and those that tell how it fails. Decision 38.
_DIMENSIONS = {
    DURATION: (*_OF_SERVICE, _OF_VERSION),
    SERVER_ERRORS: (*_OF_SERVICE, _OF_VERSION),
    BATCHES_FAILED: (("service", "function"), _OF_VERSION),
    **dict.fromkeys(("EventsFailed", "TasksFailed", "ObjectsFailed", "EventsParked"), (*_OF_SERVICE, _OF_VERSION)),
}
_UNITS = dict.fromkeys((DEPLOYMENT_CYCLE_TIME, CHANGE_LEAD_TIME), MetricUnit.Seconds.value)


def _to_json(value: Any) -> str:  # noqa: ANN401 - a line or a set of metrics
    return "".join(_encode(value, 0))


# `json_deserializer=str` keeps Powertools from decoding messages as JSON.
# Service and namespace come from POWERTOOLS_SERVICE_NAME and POWERTOOLS_METRICS_NAMESPACE.
# Lambda reads the level of a line only if the timestamp follows RFC 3339; its filter takes other lines for INFO:
# https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html
logger = Logger(utc=True, use_rfc3339=True, json_serializer=_to_json, json_deserializer=str)


@cache
def metrics() -> Metrics:
    """Return the process's metrics, made when first counted."""
    return Metrics()


def log_as(correlation: Correlation) -> None:
    """Add the ids of the current work to all following log lines."""
    logger.append_keys(request_id=correlation.request_id, trace_id=correlation.trace_id)


def log_unexpected(message: str, error: BaseException, **fields: str) -> None:
    """Log an unexpected error with its stack but without its message, which may contain personal data."""
    logger.error(message, extra=fields, **report(error))


def count(name: str, value: float = 1) -> None:
    """Add to a metric of this invocation."""
    metrics().add_metric(name=name, unit=MetricUnit.Count, value=value)


@cache
def _origin() -> dict[str, str]:
    """Return the dimensions of this process; Lambda names the version, also in a restored snapshot."""
    return {
        "service": metrics().service,
        "function": os.environ.get("FUNCTION", "local"),
        "version": os.environ.get("AWS_LAMBDA_FUNCTION_VERSION", "local"),
    }


def drop_metrics() -> None:
    """Forget the metrics of the invocation: those of a rehearsal are not those of users."""
    metrics().clear_metrics()


def write_metrics(values: Mapping[str, float], *, at: datetime, **dimensions: str) -> None:
    """Write metrics of another time and with other dimensions than those of the invocation, as one line."""
    named = [{"Name": name, "Unit": _UNITS.get(name, MetricUnit.Count.value)} for name in values]
    directive = {"Namespace": metrics().namespace, "Dimensions": (tuple(dimensions),), "Metrics": named}
    written = {"Timestamp": int(at.timestamp() * 1000), "CloudWatchMetrics": (directive,)}
    print(_to_json({"_aws": written, **dimensions, **values}))  # noqa: T201 - as below


def flush_metrics() -> None:
    """Write the metrics of the invocation, if there are any, as one line in the embedded metric format.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
    """
    counted = metrics()
    if not counted.metric_set:
        return
    line: dict[str, Any] = {"_aws": {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": ()}, **_origin()}
    directives: dict[tuple[tuple[str, ...], ...], list[dict[str, str]]] = {}
    for name, metric in counted.metric_set.items():
        line[name] = metric["Value"]
        named = directives.setdefault(_DIMENSIONS.get(name, _OF_SERVICE), [])
        named.append({"Name": name, "Unit": metric["Unit"]})
    line["_aws"]["CloudWatchMetrics"] = [
        {"Namespace": counted.namespace, "Dimensions": dimensions, "Metrics": named}
        for dimensions, named in directives.items()
    ]
    print(_to_json(line))  # noqa: T201 - CloudWatch reads it from the log
    counted.clear_metrics()
