"""The log lines of an invocation."""

from ministack.core import lambda_runtime

from local.embedded_aws.logs.complete_lines import _MARKER
from tests.local.embedded_aws.resources import function, invoke

LOUD = """
import sys
def handler(event, context):
    for number in range(event["lines"]):
        print("line", number)
    sys.stdout.write("no line break")
"""
DYING = """
import os
def handler(event, context):
    print("last words", flush=True)
    os._exit(3)
"""


def test_no_log_line_is_lost() -> None:
    loud = function(LOUD)

    for _ in range(3):
        log = invoke(loud, {"lines": 2000})["log"]
        assert log.split("\n") == [*(f"line {number}" for number in range(2000)), "no line break"]


def test_the_marker_ends_the_wait_for_log_lines() -> None:
    quiet = function("def handler(event, context): return 1")
    invoke(quiet)
    [[worker]] = [list(workers) for workers in lambda_runtime._workers.values()]
    received: list[str] = []
    get = worker._stderr_queue.get
    worker._stderr_queue.get = lambda timeout: (received.append(get(timeout=timeout)), received[-1])[1]  # type: ignore[func-returns-value]

    assert invoke(quiet)["log"] == ""

    # One read, which found the marker: no other was waited for.
    assert received == [_MARKER]


def test_the_last_lines_of_a_handler_that_dies_are_kept() -> None:
    died = invoke(function(DYING))

    assert died.get("error") is True
    assert "last words" in died["log"]
