"""Let a burst of invocations wait for a few warm processes, instead of starting an interpreter for each.

Relies on `lambda_svc._execute_function_warm`. AWS would scale out; a laptop has a few cores.
"""

import os
import threading
from typing import Any

from ministack.services import lambda_svc

from local.embedded_aws.extension import Extension, Hook

_PROCESSES_PER_FUNCTION = min(2 * (os.cpu_count() or 1), 8)
# The load balancer ends a request after its idle timeout, 60 s by default.
_WAIT_S = 60

_slots: dict[str, threading.BoundedSemaphore] = {}
_slots_lock = threading.Lock()
_upstream_execute = lambda_svc._execute_function_warm


def _execute(func: dict[str, Any], event: Any, request_id: str) -> dict[str, Any]:
    config = func.get("config") or func
    # Two versions share an alias during a release: a slow one must not take the processes of the other.
    running = f"{config['FunctionName']}:{config.get('Version', '$LATEST')}"
    with _slots_lock:
        slots = _slots.setdefault(running, threading.BoundedSemaphore(_PROCESSES_PER_FUNCTION))
    if not slots.acquire(timeout=_WAIT_S):
        refusal: dict[str, Any] = lambda_svc._throttle_response(
            reason_code="ConcurrentInvocationLimitExceeded",
            msg=f"{config['FunctionName']} had no free process for {_WAIT_S} s",
        )
        return refusal
    try:
        result: dict[str, Any] = _upstream_execute(func, event, request_id)
        return result
    finally:
        slots.release()


def _install() -> None:
    lambda_svc._execute_function_warm = _execute


EXTENSION = Extension(
    closes="Each of 200 concurrent requests started its own interpreter.",
    hooks=(
        Hook(
            module="ministack.services.lambda_svc",
            name="_execute_function_warm",
            parameters=("func", "event", "request_id"),
        ),
        Hook(
            module="ministack.services.lambda_svc",
            name="_execute_function_dispatch",
            contains=("result = _execute_function_warm(func, event, request_id)",),
        ),
        Hook(
            module="ministack.services.lambda_svc",
            name="_throttle_response",
            parameters=("reason_code", "msg", "retry_after"),
        ),
    ),
    install=_install,
)
