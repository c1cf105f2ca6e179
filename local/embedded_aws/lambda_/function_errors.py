"""Report a function's error as Lambda's runtime does: the type, the message and the stack, in the answer and the log.

Relies on `lambda_runtime._PYTHON_WORKER_SCRIPT`, which reported only the message of an error at import, and nothing to
the log; and on `lambda_svc._execute_function_warm`, which passes the reports on.
"""

import json
import time
from typing import Any

from ministack.core import lambda_runtime
from ministack.services import lambda_svc

from local.embedded_aws.extension import Extension, Hook

# Runs in the handler's process. Types, texts and paths are those of Lambda's own runtime:
# https://github.com/aws/aws-lambda-python-runtime-interface-client/blob/main/awslambdaric/bootstrap.py
_REPORT = """
def _ms_report(error, code_dir, module_name=None, handler_name=None):
    import sys, traceback
    frames = [f for f in traceback.extract_tb(error.__traceback__)[1:] if "importlib" not in f.filename]
    kind, text = type(error).__name__, str(error)
    if module_name is not None and isinstance(error, ImportError):
        kind, text = "Runtime.ImportModuleError", f"Unable to import module '{module_name}': {error}"
    if module_name in sys.modules and not hasattr(sys.modules[module_name], handler_name):
        kind, frames = "Runtime.HandlerNotFound", []
        text = f"Handler '{handler_name}' missing on module '{module_name}'"
    stack = [line.replace(code_dir, "/var/task") for line in traceback.format_list(frames)]
    return json.dumps({"errorMessage": text, "errorType": kind, "stackTrace": stack})

def _ms_breakpoint(*_args, **_named):
    import sys
    caller = sys._getframe(1)
    place = f"{caller.f_code.co_filename.rpartition('/code/')[2]}:{caller.f_lineno}"
    service = place.split("/")[1] if place.startswith("functions/") else "..."
    print(f"breakpoint() at {place} was passed over: a function has no terminal. "
          f"To stop there: make debug service={service}", file=sys.stderr)

"""
_IMPORTS = "import sys, json, importlib, traceback, os, time\n"
_INIT_FAILED = """    except Exception as e:
        _real_stdout.write(json.dumps({"status": "error", "error": str(e)}) + "\\n")"""
# Code at import may also call sys.exit().
_INIT_REPORTED = """    except BaseException as e:
        report = _ms_report(e, code_dir, module_name, handler_name)
        _real_stdout.write(json.dumps({"status": "error", "error": report}) + "\\n")"""
_CALL_FAILED = '"trace": traceback.format_exc()'
_CALL_REPORTED = '"trace": _ms_report(e, code_dir)'
_BEFORE_INIT = "    init = json.loads(sys.stdin.readline())\n"
_NO_START = "Worker init failed: "
# The status of a dry run; no other invocation is answered with it.
_DRY_RUN = 204

type _Answer = tuple[int, dict[str, str], bytes]


def _reported(result: dict[str, Any], request_id: str) -> dict[str, Any]:
    """Replace the report in MiniStack's result by the answer and the log line of Lambda's runtime."""
    if not result.get("error"):
        return result
    printed, _, last = str(result.get("log", "")).rpartition("\n")
    message = str((result.get("body") or {}).get("errorMessage", ""))
    if (report := _report(message.removeprefix(_NO_START))) is not None:
        # The process ended before it ran the handler, so it has no log of its own.
        return _failed(result, report, request_id, printed="")
    if (report := _report(last)) is not None:
        return _failed(result, report, request_id, printed=printed)
    return result


def _report(text: str) -> dict[str, Any] | None:
    try:
        report = json.loads(text)
    except ValueError:
        return None
    return report if isinstance(report, dict) and {"errorMessage", "errorType", "stackTrace"} == report.keys() else None


def _failed(result: dict[str, Any], report: dict[str, Any], request_id: str, *, printed: str) -> dict[str, Any]:
    body = {**report, "requestId": request_id}
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    line = json.dumps({"timestamp": at, "level": "ERROR", **body}, ensure_ascii=False)
    return {**result, "body": body, "log": "\n".join(filter(None, [printed, line]))}


async def _started(name: str, answer: _Answer) -> _Answer:
    """Let a dry run also start the function, so that an error at import is known before the first event."""
    status, headers, _ = answer
    if status != _DRY_RUN:
        return answer
    function = lambda_svc._functions[name]
    version = function["versions"].get(headers["X-Amz-Executed-Version"], function)
    failure = await lambda_svc.run_reentrant(_start, version, _has_waiting_callers(function))
    if not failure:
        return answer
    return 200, {**headers, "X-Amz-Function-Error": "Unhandled"}, json.dumps(failure["body"]).encode()


def _has_waiting_callers(function: dict[str, Any]) -> bool:
    statements = (function.get("policy") or {}).get("Statement", ())
    return any("elasticloadbalancing" in str(statement.get("Principal")) for statement in statements)


def _start(function: dict[str, Any], keep: bool) -> dict[str, Any]:  # noqa: FBT001 - called through run_reentrant
    """Start a process of a function, unless one runs; return the failure, if any, and write it to the log.

    With `keep`, a new process stays for the next call. Dozens of idle processes would take a gigabyte.
    """
    config = function["config"]
    named = (config["FunctionName"], config.get("Version", "$LATEST"))
    worker, acquired = lambda_runtime.acquire_worker(named[0], config, function["code_zip"], qualifier=named[1])
    try:
        lambda_runtime.ensure_spawned(worker)
    except RuntimeError as error:
        lambda_runtime.invalidate_worker(named[0], qualifier=named[1])
        text = str(error)
        report = _report(text.removeprefix(_NO_START)) or {"errorMessage": text, "errorType": "Runtime.ExitError"}
        result = _failed({}, report, "", printed="")
        lambda_svc._emit_lambda_logs(function, "", result["log"], True, 0)
        return result
    finally:
        lambda_runtime.release_worker(worker)
    if acquired == "spawn" and not keep:
        lambda_runtime.invalidate_worker(named[0], qualifier=named[1])
    return {}


def _install() -> None:
    script = lambda_runtime._PYTHON_WORKER_SCRIPT
    for before, after in (
        (_IMPORTS, _IMPORTS + _REPORT),
        (_BEFORE_INIT, _BEFORE_INIT + "    sys.breakpointhook = _ms_breakpoint\n"),
        (_INIT_FAILED, _INIT_REPORTED),
        (_CALL_FAILED, _CALL_REPORTED),
    ):
        script = script.replace(before, after)
    lambda_runtime._PYTHON_WORKER_SCRIPT = script
    execute, invoke = lambda_svc._execute_function_warm, lambda_svc._invoke

    def execute_and_report(func: dict[str, Any], event: Any, request_id: str) -> dict[str, Any]:
        return _reported(execute(func, event, request_id), request_id)

    async def invoke_or_start(name: str, *arguments: Any, **named: Any) -> _Answer:
        return await _started(name, await invoke(name, *arguments, **named))

    lambda_svc._execute_function_warm = execute_and_report
    lambda_svc._invoke = invoke_or_start


EXTENSION = Extension(
    closes="An error at import was neither in the log nor in the answer; that of a call had no type and no stack.",
    after=("lambda_.warm_processes",),
    hooks=(
        Hook(
            module="ministack.core.lambda_runtime",
            name="_PYTHON_WORKER_SCRIPT",
            contains=(_IMPORTS, _BEFORE_INIT, _INIT_FAILED, _CALL_FAILED),
        ),
        Hook(module="ministack.core.lambda_runtime", name="Worker._spawn", contains=(f'"{_NO_START}',)),
        Hook(module="ministack.core.lambda_runtime", name="ensure_spawned", parameters=("worker",)),
        Hook(module="ministack.core.lambda_runtime", name="release_worker", parameters=("worker",)),
        Hook(
            module="ministack.core.lambda_runtime",
            name="acquire_worker",
            parameters=("func_name", "config", "code_zip", "qualifier", "max_concurrency"),
        ),
        Hook(
            module="ministack.core.lambda_runtime",
            name="invalidate_worker",
            parameters=("func_name", "qualifier", "account", "region"),
        ),
        Hook(
            module="ministack.services.lambda_svc",
            name="_execute_function_warm",
            contains=('result.get("trace", result.get("error", ""))', '"errorMessage": str(e)'),
        ),
        Hook(
            module="ministack.services.lambda_svc",
            name="_invoke",
            parameters=("name", "event", "headers", "path_qualifier", "query_params"),
            contains=('return 204, {"X-Amz-Executed-Version": executed_version}, b""',),
        ),
    ),
    install=_install,
)
