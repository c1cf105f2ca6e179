"""Write the lines of a function to one log stream per version and day, and keep only the newest lines.

Relies on `lambda_svc._emit_lambda_logs`, which created a stream for every invocation and kept all of them forever.
"""

import contextvars
import uuid
from typing import Any

from ministack.services import cloudwatch_logs, lambda_svc

from local.embedded_aws.extension import Extension, Hook

# Some megabytes per function: logs of last month are not needed on a laptop.
_KEPT_EVENTS = 20_000
# On AWS each execution environment has a stream; here each run of the embedded AWS has one.
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
            # A tenth at a time, because deleting the beginning of a list moves the rest.
            if len(stream["events"]) > _KEPT_EVENTS:
                del stream["events"][: _KEPT_EVENTS // 10]


EXTENSION = Extension(
    closes="Every invocation created its own log stream, which was kept forever.",
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
