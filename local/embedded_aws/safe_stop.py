"""Before the state is written, nothing changes it any more: no new batch, no running handler.

Stands on the pollers of `lambda_svc` and on `lambda_runtime.reset`. A service whose state changes while it
is copied would not be written at all, and handlers that keep idle connections would delay the end by 30 s.
"""

import time

from ministack.core import lambda_runtime
from ministack.services import lambda_svc

from local.embedded_aws.cloudwatch import alarm_evaluation
from local.embedded_aws.extension import Extension, Hook

_POLLERS = ("_poll_sqs", "_poll_dynamodb_streams", "_poll_kinesis")
# What is cut off after it, a queue or a stream delivers again after the next start.
_GRACE_S = 5.0


def stop_safely() -> None:
    """Stop polling and looking at alarms, let running handlers finish, end their processes."""
    for name in _POLLERS:
        setattr(lambda_svc, name, lambda: False)
    alarm_evaluation.stop()
    deadline = time.monotonic() + _GRACE_S
    while lambda_svc.executions_in_flight()[0] and time.monotonic() < deadline:
        time.sleep(0.02)
    lambda_runtime.reset()


EXTENSION = Extension(
    closes="State that changed while it was written at the end was lost.",
    hooks=(
        *(Hook(module="ministack.services.lambda_svc", name=name, parameters=()) for name in _POLLERS),
        Hook(
            module="ministack.services.lambda_svc",
            name="_poll_loop",
            contains=tuple(f"processed = {name}() or processed" for name in _POLLERS),
        ),
        Hook(module="ministack.services.lambda_svc", name="executions_in_flight", parameters=()),
        Hook(module="ministack.core.lambda_runtime", name="reset", parameters=()),
    ),
)
