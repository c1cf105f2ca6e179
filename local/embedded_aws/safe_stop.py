"""Stop everything that changes the state before the state is written: pollers, alarms, handlers.

Relies on the pollers of `lambda_svc` and on `lambda_runtime.reset`. MiniStack does not write the state of a
service that changes during the copy, and handlers that keep idle connections would delay the end by 30 s.
"""

import time

from ministack.core import lambda_runtime
from ministack.services import lambda_svc

from local.embedded_aws.cloudwatch import alarm_evaluation
from local.embedded_aws.codedeploy import deployments
from local.embedded_aws.extension import Extension, Hook

_POLLERS = ("_poll_sqs", "_poll_dynamodb_streams", "_poll_kinesis")
# After this time, handlers are killed; their queue or stream delivers the records again after the next start.
_GRACE_S = 5.0


def stop_safely() -> None:
    """Stop polling, alarms and releases, let running handlers finish, and end their processes."""
    for name in _POLLERS:
        setattr(lambda_svc, name, lambda: False)
    alarm_evaluation.stop()
    deployments.halt()
    deadline = time.monotonic() + _GRACE_S
    while lambda_svc.executions_in_flight()[0] and time.monotonic() < deadline:
        time.sleep(0.02)
    lambda_runtime.reset()


EXTENSION = Extension(
    closes="State that changed while it was written at a stop was lost.",
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
