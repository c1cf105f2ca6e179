"""Releases for tests, as the events that they leave."""

from typing import Any

from functions.operations.facts import RawEvent
from tests.operations.events import codedeploy_event, ecs_event, requested, update

USERS, FILES = "platform-prod-users", "platform-prod-files"


def commit(number: int) -> str:
    return f"{number:040x}"


def release(
    number: int, minutes: float, *, end: str = "UPDATE_COMPLETE", stack: str = USERS, **data: Any
) -> list[RawEvent]:
    """Return a release that ends six minutes after its request."""
    members: dict[str, Any] = {"commit": commit(number), "stacks": [stack], "services": [], **data}
    return [
        requested(f"r-{number}-{minutes}", minutes, **members),
        *update(minutes + 1, operation=f"t-{number}-{minutes}", stack=stack, end=end),
    ]


# Releases of several stacks, a canary that is stopped, changes without a request.
STORY = [
    requested("r-1", 0, stacks=[USERS, FILES]),
    *update(1, operation="t-1"),
    *update(10, operation="t-2", stack=FILES, end="UPDATE_ROLLBACK_COMPLETE"),
    codedeploy_event("START", 2),
    codedeploy_event("SUCCESS", 4),
    requested("r-2", 60),
    *update(61, operation="t-3"),
    codedeploy_event("START", 62, deployment="d-2"),
    codedeploy_event("STOP", 63, deployment="d-2"),
    *update(90, operation=""),
    ecs_event("SERVICE_DEPLOYMENT_IN_PROGRESS", 95),
    ecs_event("SERVICE_DEPLOYMENT_COMPLETED", 99),
]
