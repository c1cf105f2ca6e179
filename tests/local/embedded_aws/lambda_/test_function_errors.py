"""The reports of a function's errors, in its answer and its log."""

import asyncio
import json
from typing import Any

from ministack.core import lambda_runtime
from ministack.services import cloudwatch_logs, lambda_svc

from tests.local.embedded_aws.resources import function, invoke

FAILS_AT_IMPORT = """
def deeper():
    raise LookupError("boom at import")

deeper()
"""
STACK_AT_IMPORT = [
    '  File "/var/task/h.py", line 5, in <module>\n    deeper()\n    ~~~~~~^^\n',
    '  File "/var/task/h.py", line 3, in deeper\n    raise LookupError("boom at import")\n',
]


def test_an_error_at_import_is_in_the_answer_and_in_the_log() -> None:
    result = invoke(function(FAILS_AT_IMPORT))

    assert result["error"] is True
    body = result["body"]
    assert (body["errorType"], body["errorMessage"]) == ("LookupError", "boom at import")
    assert [line.splitlines()[0] for line in body["stackTrace"]] == [line.splitlines()[0] for line in STACK_AT_IMPORT]
    line = json.loads(result["log"])
    assert line["level"] == "ERROR"
    assert {key: line[key] for key in body} == body


def test_a_misspelled_handler_is_named() -> None:
    body = invoke(function("def handlr(event, context): ..."))["body"]

    assert body["errorType"] == "Runtime.HandlerNotFound"
    assert body["errorMessage"] == "Handler 'handler' missing on module 'h'"


def test_a_missing_module_is_named() -> None:
    body = invoke(function("import nothing_like_it"))["body"]

    assert body["errorType"] == "Runtime.ImportModuleError"
    assert body["errorMessage"] == "Unable to import module 'h': No module named 'nothing_like_it'"
    assert 'File "/var/task/h.py", line 1' in body["stackTrace"][-1]


def test_an_exit_at_import_is_reported() -> None:
    body = invoke(function("import sys; sys.exit(3)"))["body"]

    assert (body["errorType"], body["errorMessage"]) == ("SystemExit", "3")


def test_an_error_of_a_call_has_its_type_and_stack_and_follows_what_was_printed() -> None:
    result = invoke(function("def handler(event, context):\n    print('before')\n    return event['absent']\n"))

    body = result["body"]
    assert (body["errorType"], body["errorMessage"]) == ("KeyError", "'absent'")
    assert 'File "/var/task/h.py", line 3, in handler' in body["stackTrace"][-1]
    printed, line = result["log"].splitlines()
    assert printed == "before"
    assert json.loads(line)["errorType"] == "KeyError"


def test_a_breakpoint_is_passed_over_with_advice() -> None:
    result = invoke(function("def handler(event, context):\n    breakpoint()\n    return 'went on'\n"))

    assert result["body"] == "went on"
    assert result["log"].startswith("breakpoint() at h.py:2 was passed over")
    assert "make debug service=" in result["log"]


def dry_run(record: dict[str, Any], *, called_by: str = "sqs") -> tuple[int, dict[str, str], bytes]:
    policy = {"Statement": [{"Principal": {"Service": f"{called_by}.amazonaws.com"}}]}
    lambda_svc._functions["tried"] = {**record, "versions": {}, "aliases": {}, "policy": policy}
    answer: tuple[int, dict[str, str], bytes] = asyncio.run(
        lambda_svc._invoke("tried", {}, {"x-amz-invocation-type": "DryRun"})
    )
    return answer


def test_a_dry_run_starts_the_function_and_answers_its_error_at_import() -> None:
    status, headers, body = dry_run(function(FAILS_AT_IMPORT))

    assert status == 200
    assert headers["X-Amz-Function-Error"] == "Unhandled"
    assert json.loads(body)["errorMessage"] == "boom at import"
    streams = cloudwatch_logs._log_groups["/aws/lambda/tried"]["streams"].values()
    written = [event["message"] for stream in streams for event in stream["events"]]
    assert any('"errorMessage": "boom at import"' in message for message in written)


def test_a_dry_run_does_not_call_the_handler() -> None:
    status, _, body = dry_run(function("def handler(event, context):\n    raise RuntimeError('called')\n"))

    assert (status, body) == (204, b"")


def processes() -> int:
    return sum(map(len, lambda_runtime._workers.values()))


def test_a_dry_run_leaves_a_process_only_for_a_function_whose_callers_wait() -> None:
    starts = function("def handler(event, context): ...")

    dry_run(starts)
    assert processes() == 0
    dry_run(starts, called_by="elasticloadbalancing")
    assert processes() == 1
