"""End an invocation that takes more memory than its function has, as Lambda does.

Relies on `lambda_runtime.Worker.invoke`. Ten times a second, a thread measures the processes of running invocations:
the handler's own, and those that it has started. Only Linux tells their memory (`/proc`); elsewhere there is no limit.
"""

import contextlib
import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ministack.core import lambda_runtime

from local.embedded_aws.extension import Extension, Hook

_PERIOD_S = 0.1
_DEFAULT_MB = 128
_PROC = Path("/proc")

_running: set[Any] = set()
_ended: set[Any] = set()
_some_run = threading.Event()
_upstream_invoke = lambda_runtime.Worker.invoke


def _invoke(self: Any, event: Any, request_id: str, **more: Any) -> dict[str, Any]:
    # It may have been ended after its last invocation.
    _ended.discard(self)
    _running.add(self)
    _some_run.set()
    try:
        result: dict[str, Any] = _upstream_invoke(self, event, request_id, **more)
    finally:
        _running.discard(self)
    if self in _ended:
        _ended.discard(self)
        # https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-invocation.html
        killed = f"RequestId: {request_id} Error: Runtime exited with error: signal: killed"
        return {**result, "status": "error", "error": killed}
    return result


def _watch() -> None:
    while True:
        if not _running:
            _some_run.clear()
        _some_run.wait()
        for worker in list(_running):
            _end_if_over(worker)
        time.sleep(_PERIOD_S)


def _end_if_over(worker: Any) -> None:
    process = worker._proc
    if process is None or process.poll() is not None:
        return
    pids = list(_tree(process.pid))
    if sum(map(_resident_bytes, pids)) <= int(worker.config.get("MemorySize", _DEFAULT_MB)) * 1024 * 1024:
        return
    _ended.add(worker)
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _tree(pid: int) -> Iterator[int]:
    """Yield a process and those that it has started, and so on."""
    yield pid
    for task in _PROC.joinpath(str(pid), "task").glob("*/children"):
        with contextlib.suppress(OSError):
            for child in task.read_text(encoding="ascii").split():
                yield from _tree(int(child))


def _resident_bytes(pid: int) -> int:
    """Return the memory of a process; 0 if it has ended."""
    try:
        # https://man7.org/linux/man-pages/man5/proc_pid_statm.5.html: the second number, in pages.
        pages = int(_PROC.joinpath(str(pid), "statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


def _install() -> None:
    lambda_runtime.Worker.invoke = _invoke
    if _PROC.joinpath("self", "statm").exists():
        threading.Thread(target=_watch, name="memory-limits", daemon=True).start()


EXTENSION = Extension(
    closes="A function could take more memory than its memory_mb.",
    hooks=(
        Hook(
            module="ministack.core.lambda_runtime",
            name="Worker.invoke",
            parameters=("self", "event", "request_id", "trace_id", "depth", "durable", "invoked_function_arn"),
            contains=('{"status": "error", "error": "Worker process died"}', "self._proc is None or"),
        ),
        Hook(
            module="ministack.services.lambda_svc",
            name="_execute_function_warm",
            contains=('result.get("trace", result.get("error", ""))',),
        ),
    ),
    install=_install,
)
