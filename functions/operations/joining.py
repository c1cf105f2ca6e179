"""Joins the facts of AWS with the requests, into deployments.

The result depends only on the set of events: not on their order, nor on how often or how late each arrived.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta

from functions.operations.domain import Deployment, Fact, Part, Request
from functions.operations.facts import environment_of

# A request takes the operations that start within this time: a release of all stacks takes less than one hour.
REACH = timedelta(hours=3)
# The events of one operation lie within this time: CodeDeploy's longest canary has 2,880 minutes.
# https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_TimeBasedCanary.html
LONGEST_OPERATION = timedelta(hours=48)
# CloudFormation and CodeDeploy tell whole seconds, and each in its own time.
SLACK = timedelta(minutes=1)

_STARTS = frozenset({"CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "IMPORT_IN_PROGRESS"})


def join(statements: Iterable[Fact | Request]) -> dict[str, Deployment]:
    """Return the deployments that the statements describe, by id.

    A request takes, of each of its stacks, the first operation of CloudFormation that starts within `REACH`, and what
    CodeDeploy and ECS do meanwhile. If CloudFormation does nothing, it takes what CodeDeploy and ECS do within `REACH`.
    A later request of the same stack takes precedence. Every other operation is a deployment without a request.
    """
    unique: dict[str, Fact | Request] = {}
    # A request that was published again has the same id and a later time: the first one counts.
    for statement in sorted(statements, key=lambda each: each.at):
        unique.setdefault(statement.event_id, statement)
    requests = _requests(statement for statement in unique.values() if isinstance(statement, Request))
    parts = _parts(statement for statement in unique.values() if isinstance(statement, Fact))
    stacks = [part for part in parts if part.system == "cloudformation"]
    owners: dict[str, str] = {}
    claimed: dict[tuple[str, str], Part] = {}
    for part in stacks:
        request = _latest(requests, part)
        if request and (request.request_id, part.stack) not in claimed:
            claimed[request.request_id, part.stack] = part
            owners[deployment_id(part)] = request.request_id
    for part in parts:
        if part.system != "cloudformation":
            owners[deployment_id(part)] = _owner_of_shift(part, stacks, owners, requests, claimed)
    return _deployments(requests, parts, owners)


def deployment_id(part: Part) -> str:
    """Return the id of the deployment that the part is if it belongs to no other."""
    return f"{part.stack}.{part.operation}"


def possible_ids(facts: Iterable[Fact]) -> set[str]:
    """Return the ids that the deployments without a request can have had with fewer events."""
    return {f"{fact.stack}.{fact.operation or fact.event_id}" for fact in facts}


def _requests(found: Iterable[Request]) -> list[Request]:
    """Return the requests by time; of several events of one request, the earliest."""
    first: dict[str, Request] = {}
    for request in sorted(found, key=lambda request: (request.at, request.event_id)):
        first.setdefault(request.request_id, request)
    return list(first.values())


def _parts(facts: Iterable[Fact]) -> list[Part]:
    groups: dict[tuple[str, str, str], list[Fact]] = defaultdict(list)
    without_token: dict[str, str] = {}
    for fact in sorted(facts, key=lambda fact: (fact.at, fact.is_final, fact.event_id)):
        operation = fact.operation
        if not operation:
            if fact.state in _STARTS:
                without_token[fact.stack] = fact.event_id
            operation = without_token.setdefault(fact.stack, fact.event_id)
        groups[fact.stack, fact.system, operation].append(fact)
    parts = [Part.of(group, operation=operation) for (_, _, operation), group in groups.items()]
    return sorted(parts, key=lambda part: (part.started_at, part.stack, part.system, part.operation))


def _latest(requests: list[Request], part: Part) -> Request | None:
    reached = [
        request for request in requests if part.stack in request.stacks and _is_reached(request.at, part.started_at)
    ]
    return reached[-1] if reached else None


def _is_reached(requested_at: datetime, started_at: datetime) -> bool:
    return requested_at.replace(microsecond=0) <= started_at <= requested_at + REACH


def _owner_of_shift(
    part: Part,
    stacks: list[Part],
    owners: dict[str, str],
    requests: list[Request],
    claimed: dict[tuple[str, str], Part],
) -> str:
    """Return the id of the deployment to which a deployment of CodeDeploy or ECS belongs."""
    around = [stack for stack in stacks if stack.stack == part.stack and _is_around(stack, part)]
    if around:
        return owners.get(deployment_id(around[-1]), deployment_id(around[-1]))
    request = _latest(requests, part)
    if request and (request.request_id, part.stack) not in claimed:
        return request.request_id
    return deployment_id(part)


def _is_around(stack: Part, part: Part) -> bool:
    ended_at = stack.ended_at or stack.started_at + LONGEST_OPERATION
    return stack.started_at - SLACK <= part.started_at <= ended_at + SLACK


def _deployments(requests: list[Request], parts: list[Part], owners: dict[str, str]) -> dict[str, Deployment]:
    owned: dict[str, list[Part]] = defaultdict(list)
    for part in parts:
        owned[owners.get(deployment_id(part), deployment_id(part))].append(part)
    known = {request.request_id: request for request in requests}
    return {
        each: Deployment(
            deployment_id=each,
            environment=known[each].environment if each in known else environment_of(owned[each][0].stack),
            request=known.get(each),
            parts=tuple(sorted(owned.get(each, ()), key=lambda part: (part.stack, part.started_at, part.operation))),
        )
        for each in (*known, *(each for each in owned if each not in known))
    }
