"""Processes that no call can reach any more, and the code that they leave."""

import os
import threading
import time
from pathlib import Path
from typing import Any

from ministack.core import lambda_runtime
from ministack.services import lambda_svc

from local.embedded_aws.lambda_ import retired_processes
from local.embedded_aws.lambda_.shared_code import store
from tests.local.embedded_aws.resources import function, invoke, wait_until

SOURCE = "import os\ndef handler(event, context):\n    return os.getpid()"


def version(number: str, source: str = SOURCE) -> dict[str, Any]:
    record = function(source)
    record["config"]["Version"] = number
    return record


def publish(*numbers: str, alias: str) -> dict[str, dict[str, Any]]:
    versions = {number: version(number) for number in numbers}
    lambda_svc._functions["tried"] = {
        **function(SOURCE),
        "versions": versions,
        "aliases": {"live": {"FunctionVersion": alias}},
    }
    return versions


def runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_only_the_process_of_the_version_that_the_alias_names_stays() -> None:
    versions = publish("1", "2", alias="2")
    old, new = invoke(versions["1"])["body"], invoke(versions["2"])["body"]

    lambda_svc.reap_idle_workers()

    assert (runs(old), runs(new)) == (False, True)
    assert invoke(versions["2"])["body"] == new


def test_a_version_that_gets_a_part_of_the_calls_stays() -> None:
    versions = publish("1", "2", alias="2")
    lambda_svc._functions["tried"]["aliases"]["live"]["RoutingConfig"] = {"AdditionalVersionWeights": {"1": 0.1}}
    old = invoke(versions["1"])["body"]

    lambda_svc.reap_idle_workers()

    assert runs(old)


def test_processes_of_a_deleted_function_end() -> None:
    record = function(SOURCE)
    lambda_svc._functions["tried"] = record
    pid = invoke(record)["body"]
    lambda_svc.reap_idle_workers()
    assert runs(pid)

    del lambda_svc._functions["tried"]
    lambda_svc.reap_idle_workers()

    assert not runs(pid)
    assert not lambda_runtime._workers


def test_a_call_that_runs_is_not_interrupted() -> None:
    publish("2", alias="2")
    slow = version("1", "import time\ndef handler(event, context):\n    time.sleep(0.5)\n    return 'finished'")
    answers: list[Any] = []
    call = threading.Thread(target=lambda: answers.append(invoke(slow)["body"]))
    call.start()
    wait_until(lambda: lambda_runtime.workers_in_use() and any(lambda_runtime._workers.values()))

    lambda_svc.reap_idle_workers()

    call.join()
    assert answers == ["finished"]
    lambda_svc.reap_idle_workers()
    assert not lambda_runtime._workers


def test_code_that_no_process_links_to_is_deleted_after_a_time() -> None:
    record = function(SOURCE)
    lambda_svc._functions["tried"] = record
    invoke(record)
    [copy] = store().iterdir()
    retired_processes._delete_unused_code(before=time.time() + 60)
    assert copy.exists()

    lambda_runtime.reset()
    retired_processes._delete_unused_code(before=copy.stat().st_ctime - 1)
    assert copy.exists()
    retired_processes._delete_unused_code(before=time.time() + 60)
    assert list(store().iterdir()) == []
    assert isinstance(invoke(record)["body"], int)
    assert not list(Path(os.environ["TMPDIR"]).glob("*.tmp"))
