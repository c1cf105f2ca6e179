"""Deliver the records of a stream again, from the first one that the consumer reports as failed.

Relies on `lambda_svc._poll_dynamodb_streams`, which skipped every batch that did not raise, and on the stream positions
that it keeps. The behaviour of AWS:
https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html
"""

import threading
import time
from dataclasses import dataclass
from typing import Any

from ministack.services import dynamodb, lambda_svc

from local.embedded_aws.extension import Extension, Hook

_upstream_execute = lambda_svc._execute_function
_upstream_poll = lambda_svc._poll_dynamodb_streams
_pass = threading.local()


@dataclass(frozen=True, slots=True)
class _Failure:
    stream_arn: str
    function_name: str
    sequence_number: str


def _execute(func: dict[str, Any], event: Any) -> dict[str, Any]:
    result: dict[str, Any] = _upstream_execute(func, event)
    failures: list[_Failure] | None = getattr(_pass, "failures", None)
    if failures is not None and not result.get("error"):
        number = _first_failed(event["Records"], result.get("body"))
        if number is not None:
            name = (func.get("config") or func)["FunctionName"]
            failures.append(_Failure(event["Records"][0]["eventSourceARN"], name, number))
    return result


def _first_failed(records: list[dict[str, Any]], answer: Any) -> str | None:
    """Return the sequence number to restart at; an identifier that fits no record means the whole batch."""
    reported = answer.get("batchItemFailures") if isinstance(answer, dict) else None
    if not reported:
        return None
    identifiers = {failure.get("itemIdentifier") for failure in reported}
    numbers: list[str] = [record["dynamodb"]["SequenceNumber"] for record in records]
    if not identifiers <= set(numbers):
        return numbers[0]
    return next(number for number in numbers if number in identifiers)


def _poll() -> bool:
    _pass.failures = []
    try:
        processed: bool = _upstream_poll()
        for failure in _pass.failures:
            _rewind(failure)
    finally:
        _pass.failures = None
    return processed


def _rewind(failure: _Failure) -> None:
    for account_id, region, mapping in lambda_svc._iter_all_esms():
        if (
            mapping.get("EventSourceArn") != failure.stream_arn
            or mapping.get("FunctionName") != failure.function_name
            or "ReportBatchItemFailures" not in mapping.get("FunctionResponseTypes", [])
        ):
            continue
        table = failure.stream_arn.split("/")[1]
        where = {"account_id": account_id, "region": region}
        start = dynamodb.stream_start_position(table, **where)
        numbers = [record["dynamodb"]["SequenceNumber"] for record in dynamodb.stream_live_records(table, **where)]
        mapping_id = mapping["UUID"]
        with lambda_svc._dynamodb_stream_positions_lock:
            position = start + numbers.index(failure.sequence_number)
            lambda_svc._dynamodb_stream_positions.set_scoped(account_id, region, mapping_id, position)
        retry_at = time.time() + lambda_svc._ESM_BACKOFF_SECONDS
        lambda_svc._esm_backoff_until.set_scoped(account_id, region, mapping_id, retry_at)


def _install() -> None:
    lambda_svc._execute_function = _execute
    lambda_svc._poll_dynamodb_streams = _poll


EXTENSION = Extension(
    closes="Records of a stream that a function reported as failed were lost.",
    hooks=(
        Hook(module="ministack.services.lambda_svc", name="_execute_function", parameters=("func", "event")),
        Hook(
            module="ministack.services.lambda_svc",
            name="_poll_dynamodb_streams",
            parameters=(),
            contains=("result = _execute_function(func_rec, event)",),
        ),
        Hook(module="ministack.services.lambda_svc", name="_iter_all_esms", parameters=()),
        Hook(
            module="ministack.services.dynamodb",
            name="stream_live_records",
            parameters=("table_name", "account_id", "region"),
        ),
        Hook(
            module="ministack.services.dynamodb",
            name="stream_start_position",
            parameters=("table_name", "account_id", "region"),
        ),
        Hook(module="ministack.core.responses", name="AccountRegionScopedDict.set_scoped"),
    ),
    install=_install,
)
