"""A function's lines are in one log stream a version and day, and only the newest of them are kept.

Stands on `lambda_svc._emit_lambda_logs`, which made a stream for every invocation and kept all of them for ever.
"""

import contextvars
import uuid
from typing import Any

from ministack.services import cloudwatch_logs, lambda_svc

from local.embedded_aws.extension import Extension, Hook

# Some megabytes a function; a laptop is not asked what happened last month.
_KEPT_EVENTS = 20_000
# The environment of an execution names its stream on AWS; here that is the run of the embedded AWS.
_RUN = uuid.uuid4()

_stream_id: contextvars.ContextVar[str | None] = contextvars.ContextVar("stream_id", default=None)


def _install() -> None:
    emit, new_uuid = lambda_svc._emit_lambda_logs, lambda_svc.new_uuid

    def emit_into_one_stream(func: dict[str, Any], *arguments: Any, **named: Any) -> None:
        config = func.get("config") or func
        token = _stream_id.set(str(uuid.uuid5(_RUN, config.get("FunctionArn", ""))))
        try:
            emit(func, *arguments, **named)
        finally:
            _stream_id.reset(token)
        _trim((config.get("LoggingConfig") or {}).get("LogGroup") or f"/aws/lambda/{config.get('FunctionName')}")

    lambda_svc._emit_lambda_logs = emit_into_one_stream
    lambda_svc.new_uuid = lambda: _stream_id.get() or new_uuid()


def _trim(group_name: str) -> None:
    group = cloudwatch_logs._log_groups.get(group_name) or {"streams": {}}
    with cloudwatch_logs._log_events_lock:
        for stream in group["streams"].values():
            # A tenth at a time: cutting a list's beginning moves all that follows.
            if len(stream["events"]) > _KEPT_EVENTS:
                del stream["events"][: _KEPT_EVENTS // 10]


EXTENSION = Extension(
    closes="Every invocation made a log stream of its own, kept for ever.",
    hooks=(
        Hook(
            module="ministack.services.lambda_svc",
            name="_emit_lambda_logs",
            parameters=("func", "request_id", "log_text", "error", "duration_ms", "log_source"),
            contains=("new_uuid()", "_cwl._append_log_events(stream, ["),
        ),
        Hook(module="ministack.services.cloudwatch_logs", name="_log_groups"),
        Hook(module="ministack.services.cloudwatch_logs", name="_log_events_lock"),
    ),
    install=_install,
)
