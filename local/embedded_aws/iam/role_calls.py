"""Record each call of a role once, with IAM's decision, in the file that `EMBEDDED_AWS_CALLS_FILE` names.

Relies on `iam_evaluator.enforce`, which receives every call of a role, and on `iam_actions.extract_iam_action`, which
returns no action for a call that IAM does not check: such a call is recorded as `<service>:?`.
"""

import json
import os
import threading
from pathlib import Path
from typing import Any

from ministack.core import iam_actions, iam_evaluator, router
from ministack.services import sts

from local.embedded_aws.extension import Extension, Hook

_FILE = "EMBEDDED_AWS_CALLS_FILE"

_recorded: set[tuple[str, str, str, bool]] = set()
_lock = threading.Lock()


def record(principal: str, action: str, resource: str, *, allowed: bool) -> None:
    """Record a call, unless the file has it already.

    Args:
        principal: `arn:aws:sts::<account>:assumed-role/<role>/<session>`; a function's session has the function's name.
        action: In the form of policies.
        resource: Its ARN.
        allowed: IAM's decision.
    """
    call = (principal, action, resource, allowed)
    if _FILE not in os.environ or call in _recorded:
        return
    _, role, session = principal.rsplit(":", 1)[-1].split("/", 2)
    line = {"role": role, "session": session, "action": action, "resource": resource, "allowed": allowed}
    with _lock:
        _recorded.add(call)
        with Path(os.environ[_FILE]).open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")


def _principal(access_key_id: str) -> str | None:
    """Return the ARN of the role's session that a key belongs to; None for another key."""
    arn = str((sts._sessions.get(access_key_id) or {}).get("Arn", ""))
    return arn if ":assumed-role/" in arn else None


def _install() -> None:
    enforce, extract = iam_evaluator.enforce, iam_actions.extract_iam_action

    def enforce_and_record(
        access_key_id: str, iam_action: str, service: str, region: str, resource_arn: str = "*", **more: Any
    ) -> Any:
        refused = enforce(access_key_id, iam_action, service, region, resource_arn=resource_arn, **more)
        principal = _principal(access_key_id or "")
        if principal and not isinstance(refused, iam_evaluator.AuthError):
            record(principal, iam_action, resource_arn, allowed=refused is None)
        return refused

    def extract_and_record(*request: Any) -> str | None:
        service, method, path, headers, _, query_params = request
        action: str | None = extract(*request)
        principal = _principal(router.extract_access_key_id(headers, query_params) or "")
        if principal and action is None:
            record(principal, f"{service}:?", f"{method} {path}", allowed=True)
        return action

    iam_evaluator.enforce, iam_actions.extract_iam_action = enforce_and_record, extract_and_record


EXTENSION = Extension(
    closes="The record of calls named access keys instead of roles, and neither actions nor IAM's decisions.",
    # These extensions correct the names of actions and resources, which this one records.
    after=("lambda_.qualified_calls", "sqs.batch_permissions"),
    hooks=(
        Hook(
            module="ministack.core.iam_evaluator",
            name="enforce",
            parameters=("access_key_id", "iam_action", "service", "region", "resource_arn", "service_context"),
        ),
        Hook(module="ministack.core.iam_evaluator", name="AuthError"),
        Hook(
            module="ministack.core.iam_actions",
            name="extract_iam_action",
            parameters=("service", "method", "path", "headers", "body", "query_params"),
        ),
        Hook(
            module="ministack.core.router",
            name="extract_access_key_id",
            parameters=("headers", "query_params"),
        ),
        Hook(module="ministack.services.sts", name="_sessions"),
        # This function imports the two functions at each call, so it gets the replacements.
        Hook(
            module="ministack.app",
            name="_dispatch_service_request",
            contains=(
                "from ministack.core.iam_evaluator import AuthError, enforce, pin_request_caller",
                "extract_iam_action(service, method, path, headers, body, routing_params)",
            ),
        ),
        Hook(
            module="ministack.app",
            name="_enforce_data_plane",
            contains=("from ministack.core.iam_evaluator import AuthError, enforce\n",),
        ),
    ),
    install=_install,
)
