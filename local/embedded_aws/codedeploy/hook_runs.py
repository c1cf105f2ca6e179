"""Run the hook functions of a deployment, and wait for their verdict.

A hook gets the deployment's id and an id of this run, and answers by PutLifecycleEventHookExecutionStatus. CodeDeploy
does not see how the function ends: a hook that dies without an answer is waited for until an hour is over, as on AWS
(https://github.com/davidgf/serverless-plugin-canary-deployments/issues/93).
"""

import threading
from contextvars import copy_context
from typing import Any

from ministack.core.responses import get_account_id, get_region
from ministack.services import lambda_svc

from local.embedded_aws.codedeploy.pace import REAL_MINUTE_S
from local.embedded_aws.codedeploy.service_role import ServiceRole

# https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure-hooks.html
TIMEOUT_MINUTES = 60


class HookMissingError(Exception):
    """The hook function does not exist."""


def start(function: str, deployment_id: str, execution_id: str, role: ServiceRole, *, minute_s: float) -> None:
    """Invoke a hook function in a thread of its own, with the id of this run.

    AWS's event has the two ids. If a minute of the release is shorter, the event tells it, so that a hook that waits
    keeps pace with the release.

    Raises:
        HookMissingError: There is no such function.
        RoleRefusedError: The role may not invoke it.
    """
    name = function if function.startswith("arn:") else _arn(function)
    role.require("lambda:InvokeFunction", name)
    found: tuple[Any, Any, str] = lambda_svc._get_func_record_for_ref(name)
    record, config, _ = found
    if record is None:
        raise HookMissingError(f"The hook function {function} does not exist.")
    event: dict[str, Any] = {"DeploymentId": deployment_id, "LifecycleEventHookExecutionId": execution_id}
    if minute_s != REAL_MINUTE_S:
        event["MinuteSeconds"] = minute_s
    run = lambda_svc._execution_record_for_config(record, config)
    # The context has the account and the region.
    threading.Thread(
        target=copy_context().run, args=(lambda_svc._execute_function_with_config_scope, run, event), daemon=True
    ).start()


def _arn(function: str) -> str:
    region, account = str(get_region()), str(get_account_id())
    return f"arn:aws:lambda:{region}:{account}:function:{function}"
