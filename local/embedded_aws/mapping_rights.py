"""An event source mapping reads its queue or stream by the rights of its function's role, as on AWS.

Stands on `lambda_svc._iter_all_esms`, by which every pass of the poller finds the mappings: one whose role may not read
its source starts nothing until it may.
"""

import logging
import time
from collections.abc import Iterator
from typing import Any

from ministack.core import iam_evaluator
from ministack.core.arn import parse_arn
from ministack.services import lambda_svc

from local.embedded_aws.extension import Extension, Hook
from local.embedded_aws.role_calls import note

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
# The poller asks several times a second.
_REMEMBERED_S = 1.0

_log = logging.getLogger(__name__)
_verdicts: dict[str, tuple[float, str | None]] = {}
_upstream = lambda_svc._iter_all_esms


def _iterate() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for account, region, mapping in _upstream():
        if _missing_now(account, region, mapping) is None:
            yield account, region, mapping


def _missing_now(account: str, region: str, mapping: dict[str, Any]) -> str | None:
    asked_at, missing = _verdicts.get(mapping["UUID"], (0.0, None))
    if time.monotonic() - asked_at > _REMEMBERED_S:
        before, missing = missing, _missing(account, region, mapping)
        _verdicts[mapping["UUID"]] = (time.monotonic(), missing)
        if missing and missing != before:
            _log.error("Nothing starts %s: its role may not call %s.", mapping["FunctionName"], missing)
    return missing


def _missing(account: str, region: str, mapping: dict[str, Any]) -> str | None:
    """Name the first action that a mapping needs and its function's role may not call, or none."""
    source = mapping.get("EventSourceArn", "")
    record = lambda_svc._functions.get_scoped(account, region, mapping["FunctionName"])
    if record is None:
        return None
    function = record["config"]["FunctionName"]
    role = record["config"]["Role"].rpartition("/")[2]
    principal = f"arn:aws:sts::{account}:assumed-role/{role}/{function}"
    policies = iam_evaluator._gather_role_policies(role, account)
    for action in _ACTIONS.get(parse_arn(source).service, ()):
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
        note(principal, action, source, allowed=allowed)
        if not allowed:
            return action
    return None


def _install() -> None:
    lambda_svc._iter_all_esms = _iterate


EXTENSION = Extension(
    name="mapping_rights",
    closes="A function was started from queues and streams that its role may not read.",
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
        Hook(module="ministack.core.iam_evaluator", name="evaluate", parameters=("ctx", "policies", "limits")),
        Hook(
            module="ministack.core.iam_evaluator",
            name="EvalContext",
            contains=("principal_account: str", "secure_transport: bool"),
        ),
    ),
    install=_install,
)
