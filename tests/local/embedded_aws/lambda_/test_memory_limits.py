"""The limit of a function's memory."""

from typing import Any

from ministack.services import lambda_svc  # noqa: F401 - runs the handlers

from tests.local.embedded_aws.resources import function, invoke

KILLED = "RequestId: r Error: Runtime exited with error: signal: killed"
TAKES_MEMORY = """
import time
def handler(event, context):
    taken = bytearray(event["mb"] * 1024 * 1024)
    time.sleep(event["s"])
    return len(taken)
"""
STARTS_A_PROCESS = """
import subprocess, sys
def handler(event, context):
    code = f"import time; taken = bytearray({event['mb']} * 1024 * 1024); time.sleep({event['s']})"
    return subprocess.run([sys.executable, "-c", code]).returncode
"""


def of_memory(source: str, mb: int) -> dict[str, Any]:
    record = function(source, name=f"of-{mb}-mb")
    record["config"]["MemorySize"] = mb
    return record


def test_an_invocation_that_takes_more_memory_is_ended_and_says_so() -> None:
    limited = of_memory(TAKES_MEMORY, 128)

    result = invoke(limited, {"mb": 200, "s": 8})

    assert result["error"]
    assert result["body"]["errorMessage"] == KILLED
    assert KILLED in result["log"]


def test_the_next_invocation_gets_another_process() -> None:
    limited = of_memory(TAKES_MEMORY, 128)
    invoke(limited, {"mb": 200, "s": 8})

    assert invoke(limited, {"mb": 50, "s": 0.5})["body"] == 50 * 1024 * 1024


def test_the_processes_that_a_function_starts_count() -> None:
    assert invoke(of_memory(STARTS_A_PROCESS, 128), {"mb": 200, "s": 8})["body"]["errorMessage"] == KILLED
    assert invoke(of_memory(STARTS_A_PROCESS, 512), {"mb": 200, "s": 0.5})["body"] == 0


def test_memory_within_the_limit_is_allowed() -> None:
    assert invoke(of_memory(TAKES_MEMORY, 512), {"mb": 300, "s": 0.5})["body"] == 300 * 1024 * 1024
