"""Let an event source mapping read its queue or stream only with the rights of its function's role, as on AWS.

Relies on `lambda_svc._iter_all_esms`, which lists the mappings for every pass of the poller: a mapping is skipped while
its role may not read the source.
"""

import logging
from collections.abc import Iterator
from typing import Any

from ministack.core import iam_evaluator
from ministack.core.arn import ArnParseError, parse_arn
from ministack.services import iam, lambda_svc

from local.embedded_aws.extension import Extension, Hook
from local.embedded_aws.iam.role_calls import record

# https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html#events-sqs-permissions
# https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-eventsourcemapping.html#events-dynamodb-permissions
_ACTIONS = {
    "sqs": ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"),
    "dynamodb": (
        "dynamodb:DescribeStream",
        "dynamodb:GetRecords",
        "dynamodb:GetShardIterator",
        "dynamodb:ListStreams",
    ),
}

_log = logging.getLogger(__name__)
# For each mapping, its role's policies and the missing action: cached, because the poller asks many times a second.
_decisions: dict[str, tuple[Any, str | None]] = {}
_upstream = lambda_svc._iter_all_esms


def _iterate() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for account, region, mapping in _upstream():
        if _missing_now(account, region, mapping) is None:
            yield account, region, mapping


def _missing_now(account: str, region: str, mapping: dict[str, Any]) -> str | None:
    """Return the first action that a mapping needs and the role of its function lacks; None if it lacks none."""
    found = lambda_svc._functions.get_scoped(account, region, mapping["FunctionName"])
    if found is None:
        return None
    function, role = found["config"]["FunctionName"], found["config"]["Role"].rpartition("/")[2]
    policies = iam._roles.get_scoped(account, None, role) or {}
    held = (role, dict(policies.get("InlinePolicies") or {}), list(policies.get("AttachedPolicies") or []))
    before = _decisions.get(mapping["UUID"])
    if before and before[0] == held:
        return before[1]
    principal = f"arn:aws:sts::{account}:assumed-role/{role}/{function}"
    missing = _missing(principal, mapping.get("EventSourceArn", ""), account, region)
    _decisions[mapping["UUID"]] = (held, missing)
    if missing:
        _log.error("No event source starts %s: its role may not call %s.", function, missing)
    return missing


def _missing(principal: str, source: str, account: str, region: str) -> str | None:
    policies = iam_evaluator._gather_role_policies(iam_evaluator._role_name_from_assumed_arn(principal), account)
    for action in _ACTIONS.get(_service_of(source), ()):
        asked = iam_evaluator.EvalContext(
            principal_arn=principal,
            principal_type="AssumedRole",
            principal_account=account,
            action=action,
            resource_arn=source,
            region=region,
            secure_transport=True,
        )
        allowed = iam_evaluator.evaluate(asked, policies).decision == "Allow"
        record(principal, action, source, allowed=allowed)
        if not allowed:
            return action
    return None


def _service_of(source: str) -> str:
    """Return the service of a source's ARN; an empty name if the source is not an ARN: the poller itself skips it."""
    try:
        service: str = parse_arn(source).service
    except ArnParseError:
        return ""
    return service


def _install() -> None:
    lambda_svc._iter_all_esms = _iterate


EXTENSION = Extension(
    closes="Queues and streams started a function even if its role may not read them.",
    hooks=(
        Hook(module="ministack.services.lambda_svc", name="_iter_all_esms", parameters=()),
        Hook(module="ministack.services.lambda_svc", name="_poll_sqs", contains=("in _iter_all_esms():",)),
        Hook(module="ministack.services.lambda_svc", name="_poll_dynamodb_streams", contains=("in _iter_all_esms():",)),
        Hook(module="ministack.services.lambda_svc", name="_functions"),
        Hook(
            module="ministack.core.iam_evaluator",
            name="_gather_role_policies",
            parameters=("role_name", "account_id"),
        ),
        Hook(
            module="ministack.core.iam_evaluator",
            name="_role_name_from_assumed_arn",
            parameters=("assumed_arn",),
        ),
        Hook(module="ministack.services.iam", name="_roles"),
        Hook(module="ministack.core.iam_evaluator", name="evaluate", parameters=("ctx", "policies", "limits")),
        Hook(
            module="ministack.core.iam_evaluator",
            name="EvalContext",
            contains=("principal_account: str", "secure_transport: bool"),
        ),
    ),
    install=_install,
)
