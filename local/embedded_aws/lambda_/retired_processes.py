"""End idle processes that no call can reach any more, and delete unpacked code that no process has used for long.

Relies on `lambda_svc.reap_idle_workers`, which MiniStack calls every 30 s, and which keeps a process of each version
for ever: after each saved change, one more. CloudFormation deletes a function without ending its processes.
"""

import os
import time
from pathlib import Path

from ministack.core import lambda_runtime
from ministack.services import lambda_svc

from local.embedded_aws.extension import Extension, Hook
from local.embedded_aws.lambda_.shared_code import store

# Unpacking takes longer than linking; a function that is called now and then keeps its code.
_CODE_KEPT_UNUSED_S = 30 * 60

_upstream_reap = lambda_svc.reap_idle_workers


def _reap() -> int:
    ended = int(_upstream_reap()) + _end_retired()
    _delete_unused_code(before=time.time() - _CODE_KEPT_UNUSED_S)
    return ended


def _end_retired() -> int:
    retired = []
    with lambda_runtime._lock:
        for key, workers in list(lambda_runtime._workers.items()):
            if not _is_retired(key):
                continue
            retired += [worker for worker in workers if not worker.in_use]
            lambda_runtime._workers[key] = [worker for worker in workers if worker.in_use]
            if not lambda_runtime._workers[key]:
                del lambda_runtime._workers[key]
    lambda_runtime.kill_workers(retired)
    return len(retired)


def _is_retired(key: str) -> bool:
    """Return True if the function or the version is gone, or no alias of the function leads to the version."""
    account, region, name, version = key.split(":")
    function = lambda_svc._functions.get_scoped(account, region, name)
    if function is None:
        return True
    if version == "$LATEST":
        return False
    return not any(
        version in {alias.get("FunctionVersion"), *_weights(alias)} for alias in function.get("aliases", {}).values()
    )


def _weights(alias: dict[str, dict[str, dict[str, float]]]) -> dict[str, float]:
    return (alias.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}


def _delete_unused_code(*, before: float) -> None:
    """Delete the copies that no process links to since the time; their change time is that of the last link."""
    for entry in os.scandir(store()):
        status = entry.stat()
        if status.st_nlink == 1 and status.st_ctime < before:
            Path(entry.path).unlink(missing_ok=True)


def _install() -> None:
    lambda_svc.reap_idle_workers = _reap


EXTENSION = Extension(
    closes="A process of each version, and of each deleted function, ran until the end of the embedded AWS.",
    hooks=(
        Hook(
            module="ministack.services.lambda_svc",
            name="_ensure_reaper_thread",
            contains=("                    reap_idle_workers()\n",),
        ),
        Hook(module="ministack.core.lambda_runtime", name="reap_idle_workers", parameters=("ttl",)),
        Hook(module="ministack.core.lambda_runtime", name="kill_workers", parameters=("workers",)),
        Hook(
            module="ministack.core.lambda_runtime",
            name="_worker_key",
            contains=('return f"{account}:{region}:{func_name}:{qualifier}"',),
        ),
        Hook(module="ministack.core.lambda_runtime", name="_workers"),
        Hook(module="ministack.core.lambda_runtime", name="_lock"),
    ),
    install=_install,
)
