"""Events for tests, in the shapes in which the buses deliver them."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from functions.operations.facts import RawEvent

NOON = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)
COMMIT = "4bf92f3577b34da6a3ce929d0e0e4736bf92f357"
CONTRACT_EXAMPLE = Path(__file__).parents[2] / "events/operations/DeploymentRequested.v1.example.json"
_ENVELOPE = json.loads(CONTRACT_EXAMPLE.read_text("utf-8"))


def _id(*parts: object) -> str:
    return str(uuid5(NAMESPACE_URL, repr(parts)))


def _aws(source: str, kind: str, at: datetime, resources: Sequence[str], detail: Mapping[str, Any]) -> RawEvent:
    delivered = {
        "version": "0",
        "id": _id(source, at, resources, detail),
        "detail-type": kind,
        "source": source,
        "account": "111122223333",
        "time": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": "eu-west-1",
        "resources": list(resources),
        "detail": dict(detail),
    }
    return RawEvent.of(delivered)


def stack_event(
    status: str, minutes: float, *, stack: str = "platform-prod-users", operation: str = "exec-1", reason: str = ""
) -> RawEvent:
    """Return a "CloudFormation Stack Status Change"."""
    arn = f"arn:aws:cloudformation:eu-west-1:111122223333:stack/{stack}/6a7e8feb-b491-4cf7-a9f1-bf3703467718"
    detail = {
        "stack-id": arn,
        "status-details": {"status": status, "status-reason": reason},
        "client-request-token": operation,
    }
    at = NOON + timedelta(minutes=minutes)
    return _aws("aws.cloudformation", "CloudFormation Stack Status Change", at, [arn], detail)


def codedeploy_event(
    state: str, minutes: float, *, application: str = "platform-prod-users", deployment: str = "d-1"
) -> RawEvent:
    """Return a "CodeDeploy Deployment State-change Notification"."""
    detail = {
        "region": "eu-west-1",
        "deploymentId": deployment,
        "instanceGroupId": "9fd2fbef-2157-40d8-91e7-6845af69e2d2",
        "deploymentGroup": "api",
        "state": state,
        "application": application,
    }
    arn = f"arn:aws:codedeploy:eu-west-1:111122223333:application:{application}"
    at = NOON + timedelta(minutes=minutes)
    return _aws("aws.codedeploy", "CodeDeploy Deployment State-change Notification", at, [arn], detail)


def ecs_event(name: str, minutes: float, *, deployment: str = "ecs-svc/123", reason: str = "") -> RawEvent:
    """Return an "ECS Deployment State Change" of the gateway."""
    detail = {
        "eventType": "INFO",
        "eventName": name,
        "deploymentId": deployment,
        "updatedAt": "2026-11-23T12:00:00Z",
        "reason": reason,
    }
    arn = "arn:aws:ecs:eu-west-1:111122223333:service/platform-prod/gateway"
    return _aws("aws.ecs", "ECS Deployment State Change", NOON + timedelta(minutes=minutes), [arn], detail)


def requested(
    request_id: str, minutes: float, *, event_id: str | None = None, clock_ahead: float = 0, **data: Any
) -> RawEvent:
    """Return a `DeploymentRequested.v1`; by default of the stack of users, an hour after its commit.

    The clock of the machine that asks is `clock_ahead` minutes ahead of AWS's.
    """
    at = NOON + timedelta(minutes=minutes)
    told_at = at + timedelta(minutes=clock_ahead)
    members = {
        "request_id": request_id,
        "commit": COMMIT,
        "committed_at": (at - timedelta(hours=1)).isoformat(),
        "branch": "main",
        "stacks": ["platform-prod-users"],
        "services": ["users"],
        "artefacts": {},
        "requested_by": "arn:aws:sts::111122223333:assumed-role/deploy/run-1",
        "past_alarms": False,
        **data,
    }
    envelope = {
        **_ENVELOPE,
        "id": event_id or _id(request_id, at),
        "subject": f"operations/{request_id}",
        "time": told_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "data": members,
    }
    return RawEvent.of(
        {
            "version": "0",
            "source": "operations",
            "detail-type": envelope["type"],
            "time": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "detail": envelope,
        }
    )


def update(
    minutes: float, *, stack: str = "platform-prod-users", operation: str, end: str = "UPDATE_COMPLETE"
) -> list[RawEvent]:
    """Return the events of an update that takes five minutes."""
    back = "UPDATE_ROLLBACK_IN_PROGRESS"
    reason = "An alarm fired."
    failed = [stack_event(back, minutes + 3, stack=stack, operation=operation, reason=reason)]
    return [
        stack_event("UPDATE_IN_PROGRESS", minutes, stack=stack, operation=operation),
        *(failed if "ROLLBACK" in end else []),
        stack_event(end, minutes + 5, stack=stack, operation=operation),
    ]
