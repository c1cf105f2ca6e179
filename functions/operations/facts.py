"""Raw events, and the facts and requests that they state; other modules never read the events' own shapes.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/event-detail-stack-status-change.html
https://docs.aws.amazon.com/codedeploy/latest/userguide/monitoring-cloudwatch-events.html
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_service_deployment_events.html
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from functions.operations.domain import Fact, Request, Verdict, position_of
from functions.shared.interface.names import CORRECTS_RECORD
from functions.shared.messaging.dead_letters import Refused
from functions.shared.messaging.events import MalformedEvent

REQUESTED = "DeploymentRequested.v1"
# Names of stacks and applications are `platform-<environment>-<part>`; the ECS cluster is `platform-<environment>`.
_PLATFORM = "platform"
# As the contract of the event limits them.
LONGEST_NAME = 255
LONGEST_REASON = 500
_REQUEST_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_ROLLBACK_OF = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,127}")

_CODEDEPLOY: Mapping[str, tuple[Verdict, bool]] = {
    "START": ("running", False),
    "READY": ("running", False),
    "SUCCESS": ("succeeded", True),
    "FAILURE": ("failed", True),
    "STOP": ("failed", True),
}
_ECS: Mapping[str, tuple[Verdict, bool]] = {
    "SERVICE_DEPLOYMENT_IN_PROGRESS": ("running", False),
    "SERVICE_DEPLOYMENT_COMPLETED": ("succeeded", True),
    "SERVICE_DEPLOYMENT_FAILED": ("failed", True),
}


class NotOfThePlatform(Refused):
    """The event concerns no stack, application or cluster of the platform in this environment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RawEvent:
    """An event as the bus delivered it.

    Attributes:
        event_id: The id that its sender gave it; a second delivery has the same one.
        at: The time in the event, in UTC, by the clock of AWS: that of a requester may be wrong. Whole seconds on AWS.
        body: The whole event as JSON, with sorted keys, so that equal events have equal text.
    """

    event_id: str
    at: datetime
    body: str

    @property
    def position(self) -> str:
        """The place of the event among all: by time, then by id."""
        return position_of(self.at, self.event_id)

    @classmethod
    def of(cls, delivered: Mapping[str, Any]) -> "RawEvent":
        """Return the event that the bus delivered; a domain event has the id of its envelope, as a copy of it has.

        Raises:
            MalformedEvent: A member is missing or has the wrong type.
        """
        try:
            envelope = delivered["detail"] if _is_ours(delivered) else delivered
            return cls(
                event_id=str(envelope["id"]),
                at=_to_milliseconds(datetime.fromisoformat(delivered["time"]).astimezone(UTC)),
                body=json.dumps(delivered, sort_keys=True, separators=(",", ":"), ensure_ascii=False),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise MalformedEvent(f"The message is not an event from a bus: {error!r}.") from error

    def read(self) -> Fact | Request | None:
        """Return the statement of the event; None if it says nothing of a deployment, such as that a stack is deleted.

        Raises:
            MalformedEvent: A member is missing or has the wrong type.
            NotOfThePlatform: The event concerns another application of the account.
        """
        event = json.loads(self.body)
        try:
            if _is_ours(event):
                return _request(self, event["detail"]["data"])
            if event["source"] in _READERS:
                return _READERS[event["source"]](self, event)
        except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
            raise MalformedEvent(f"The event has another shape than AWS documents: {error!r}.") from error
        raise MalformedEvent(f"No rule sends events of {event['source']!r}.")


def _is_ours(event: Mapping[str, Any]) -> bool:
    return not str(event["source"]).startswith("aws.")


def _of_cloudformation(event: RawEvent, delivered: Mapping[str, Any]) -> Fact | None:
    detail = delivered["detail"]
    status = detail["status-details"]["status"]
    operation = detail.get("client-request-token") or ""
    # A change set that waits for its execution, the end of a stack, and a correction of its record deploy nothing.
    if status == "REVIEW_IN_PROGRESS" or status.startswith("DELETE_") or operation.startswith(CORRECTS_RECORD):
        return None
    verdict: Verdict = "running"
    if "ROLLBACK" in status or status.endswith("_FAILED"):
        verdict = "failed"
    elif status in {"CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE"}:
        verdict = "succeeded"
    # arn:aws:cloudformation:<region>:<account>:stack/<name>/<id>
    stack = detail["stack-id"].split(":", 5)[5].split("/")[1]
    return Fact(
        event_id=event.event_id,
        at=event.at,
        environment=environment_of(stack),
        stack=stack,
        system="cloudformation",
        operation=operation,
        state=status,
        verdict=verdict,
        is_final=not status.endswith("_IN_PROGRESS"),
        reason=(detail["status-details"].get("status-reason") or "")[:LONGEST_REASON],
    )


def _of_codedeploy(event: RawEvent, delivered: Mapping[str, Any]) -> Fact:
    detail = delivered["detail"]
    verdict, is_final = _CODEDEPLOY[detail["state"]]
    return Fact(
        event_id=event.event_id,
        at=event.at,
        # The application of a service is named like its stack.
        environment=environment_of(detail["application"]),
        stack=detail["application"],
        system="codedeploy",
        operation=detail["deploymentId"],
        state=detail["state"],
        verdict=verdict,
        is_final=is_final,
    )


def _of_ecs(event: RawEvent, delivered: Mapping[str, Any]) -> Fact:
    detail = delivered["detail"]
    verdict, is_final = _ECS[detail["eventName"]]
    # arn:aws:ecs:<region>:<account>:service/<cluster>/<service>: the stack is named like cluster and service together.
    _, cluster, service = delivered["resources"][0].split(":", 5)[5].split("/")
    return Fact(
        event_id=event.event_id,
        at=event.at,
        environment=environment_of(f"{cluster}-{service}"),
        stack=f"{cluster}-{service}",
        system="ecs",
        operation=detail["deploymentId"].rpartition("/")[2],
        state=detail["eventName"],
        verdict=verdict,
        is_final=is_final,
        reason=(detail.get("reason") or "")[:LONGEST_REASON],
    )


_READERS: Mapping[str, Callable[[RawEvent, Mapping[str, Any]], Fact | None]] = {
    "aws.cloudformation": _of_cloudformation,
    "aws.codedeploy": _of_codedeploy,
    "aws.ecs": _of_ecs,
}


def _request(event: RawEvent, data: Mapping[str, Any]) -> Request:
    stacks = tuple(sorted(set(map(str, data["stacks"]))))
    [environment] = {environment_of(stack) for stack in stacks}
    return Request(
        event_id=event.event_id,
        at=event.at,
        request_id=_matching(data["request_id"], _REQUEST_ID),
        environment=environment,
        stacks=stacks,
        services=tuple(sorted(map(str, data["services"]))),
        commit=str(data["commit"]),
        committed_at=datetime.fromisoformat(data["committed_at"]).astimezone(UTC),
        branch=_text(data["branch"], LONGEST_NAME),
        artefacts={stack: _text(digest, LONGEST_NAME) for stack, digest in sorted(data["artefacts"].items())},
        requested_by=_text(data["requested_by"], LONGEST_NAME),
        approved_by=_text(data["approved_by"], LONGEST_NAME) if "approved_by" in data else None,
        workflow_run=_text(data["workflow_run"], LONGEST_REASON) if "workflow_run" in data else None,
        reason=_text(data["reason"], LONGEST_REASON) if "reason" in data else None,
        past_alarms=bool(data["past_alarms"]),
        rollback_of=_matching(data["rollback_of"], _ROLLBACK_OF) if "rollback_of" in data else None,
    )


def _text(value: object, longest: int) -> str:
    """Return a text of the contract; the answers of the API and the pages of the console rely on it.

    Raises:
        ValueError: It is no text, or too short or too long.
    """
    if not isinstance(value, str) or not 1 <= len(value) <= longest:
        raise ValueError(f"Expected a text of 1 to {longest} characters.")
    return value


def _matching(value: object, pattern: re.Pattern[str]) -> str:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise ValueError(f"Expected a text that matches {pattern.pattern}.")
    return value


def environment_of(stack: str) -> str:
    """Return the environment in the name of a stack.

    Raises:
        NotOfThePlatform: The stack has another kind of name.
    """
    platform, _, rest = stack.partition("-")
    environment, _, part = rest.partition("-")
    if platform != _PLATFORM or not environment or not part:
        raise NotOfThePlatform(f"{stack} is no stack of the platform.")
    return environment


def _to_milliseconds(at: datetime) -> datetime:
    return at.replace(microsecond=at.microsecond // 1000 * 1000)
