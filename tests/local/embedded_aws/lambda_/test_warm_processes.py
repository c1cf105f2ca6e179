"""The limit of a function's processes."""

from concurrent.futures import ThreadPoolExecutor

from ministack.services import lambda_svc  # noqa: F401 - runs the handlers

from local.embedded_aws.lambda_.warm_processes import _PROCESSES_PER_FUNCTION
from tests.local.embedded_aws.resources import function, invoke


def test_a_burst_shares_a_few_processes_and_all_of_it_is_answered() -> None:
    burst = function("import os, time\ndef handler(event, context):\n    time.sleep(0.02)\n    return os.getpid()")

    with ThreadPoolExecutor(100) as pool:
        pids = [result["body"] for result in pool.map(lambda _: invoke(burst), range(100))]

    assert len(pids) == 100
    assert all(isinstance(pid, int) for pid in pids)
    assert len(set(pids)) <= _PROCESSES_PER_FUNCTION
