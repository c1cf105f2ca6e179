"""The end of the embedded AWS."""

import threading

from ministack.core import lambda_runtime
from ministack.services import lambda_svc

from local.embedded_aws.safe_stop import stop_safely
from tests.local.embedded_aws.resources import function, wait_until


def test_at_the_end_nothing_is_polled_and_running_handlers_finish() -> None:
    slow = function("import time\ndef handler(event, context):\n    time.sleep(0.5)\n    return 'finished'")
    answers: list[str] = []
    call = threading.Thread(target=lambda: answers.append(lambda_svc._execute_function(slow, {})["body"]))
    call.start()
    wait_until(lambda: lambda_svc.executions_in_flight()[0])

    stop_safely()

    call.join()
    assert answers == ["finished"]
    assert len(lambda_runtime._workers) == 0
    assert lambda_svc._poll_dynamodb_streams() is False
