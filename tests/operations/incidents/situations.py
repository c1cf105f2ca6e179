"""Situations for tests: incidents with the deployments before them."""

from functions.operations.domain import Deployment
from functions.operations.incidents.domain import Change
from functions.operations.incidents.situation import Situation
from functions.operations.joining import join
from functions.operations.recording import statements_of
from tests.operations.events import ecs_event, requested, update
from tests.operations.incidents.alarms import incidents_of

USERS = "platform-prod-users"


def released(minutes: float, *, stack: str = USERS) -> list[Deployment]:
    """Return a release that reaches its stack six minutes after its request, at `minutes`."""
    asked = requested(f"r-{stack}-{minutes}", minutes - 6, stacks=[stack], services=[])
    return list(join(statements_of([asked, *update(minutes - 5, operation=f"t-{minutes}", stack=stack)])).values())


def gateway_released(minutes: float) -> list[Deployment]:
    events = [
        ecs_event("SERVICE_DEPLOYMENT_IN_PROGRESS", minutes - 1),
        ecs_event("SERVICE_DEPLOYMENT_COMPLETED", minutes),
    ]
    return list(join(statements_of(events)).values())


def situation(*changes: Change, deployments: list[Deployment] | None = None) -> Situation:
    [incident] = incidents_of(changes)
    return Situation(incident=incident, deployments=deployments or [])
