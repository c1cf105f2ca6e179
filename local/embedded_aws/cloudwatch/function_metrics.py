"""Measure the invocations of functions as Lambda does: for the function, its alias, and the version that ran.

Relies on `lambda_svc._execute_function`, which every invocation passes, those of queues and streams included, and on
`cloudwatch.record_metric`. MiniStack measured only some callers' invocations, only for the whole function, and counted
a throttled request as an invocation.
https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
"""

import time
from collections.abc import Iterator, Mapping
from typing import Any

from ministack.services import cloudwatch, lambda_svc

from local.embedded_aws.extension import Extension, Hook

_NAMESPACE = "AWS/Lambda"


def _execute(execute: Any, func: dict[str, Any], event: Any) -> Any:
    config = func.get("config") or func
    if lambda_svc._function_config_scope_mismatch(config):
        # It comes here again in the function's own account and region.
        return execute(func, event)
    began = time.monotonic()
    result = execute(func, event)
    _record(config, result, duration_ms=(time.monotonic() - began) * 1000)
    return result


def _record(config: Mapping[str, Any], result: Mapping[str, Any], *, duration_ms: float) -> None:
    if result.get("throttle"):
        values = [("Throttles", 1.0, "Count")]
    else:
        values = [
            ("Invocations", 1.0, "Count"),
            ("Errors", float(bool(result.get("error"))), "Count"),
            ("Throttles", 0.0, "Count"),
            ("Duration", duration_ms, "Milliseconds"),
        ]
    for dimensions in _dimensions(config):
        for name, value, unit in values:
            cloudwatch.record_metric(_NAMESPACE, name, value, unit, dimensions)


def _dimensions(config: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    """Yield the dimensions of one invocation; only that of an alias tells the version that ran."""
    name = {"FunctionName": config["FunctionName"]}
    qualifier = config["FunctionArn"].partition(f":function:{config['FunctionName']}")[2].removeprefix(":")
    resource = {**name, "Resource": f"{config['FunctionName']}:{qualifier}" if qualifier else config["FunctionName"]}
    yield name
    yield resource
    if qualifier and not qualifier.isdecimal() and qualifier != "$LATEST":
        yield {**resource, "ExecutedVersion": config.get("Version", "$LATEST")}


def _install() -> None:
    execute = lambda_svc._execute_function
    lambda_svc._execute_function = lambda func, event: _execute(execute, func, event)
    lambda_svc._emit_lambda_metrics = lambda *_arguments, **_named: None


EXTENSION = Extension(
    closes="Lambda's metrics knew no version, missed queues and streams, and counted throttled requests.",
    # That extension replaces the same function.
    after=("dynamodb.stream_failures",),
    hooks=(
        Hook(module="ministack.services.lambda_svc", name="_execute_function", parameters=("func", "event")),
        Hook(
            module="ministack.services.lambda_svc",
            name="_emit_lambda_metrics",
            parameters=("function_name", "duration_ms", "error", "throttle"),
        ),
        Hook(module="ministack.services.lambda_svc", name="_function_config_scope_mismatch", parameters=("config",)),
        Hook(module="ministack.services.lambda_svc", name="_throttle_response", contains=('"throttle": True',)),
        Hook(
            module="ministack.services.cloudwatch",
            name="record_metric",
            parameters=("namespace", "metric_name", "value", "unit", "dimensions"),
        ),
    ),
    install=_install,
)
