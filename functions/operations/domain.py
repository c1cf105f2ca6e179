"""Deployments: the request, the operations of AWS, and the outcome."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal

type System = Literal["cloudformation", "codedeploy", "ecs"]
type Verdict = Literal["running", "succeeded", "failed"]
type Outcome = Literal["succeeded", "failed"]

# Stacks without changes report nothing. A deployment is over if no stack has reported for this long.
SETTLED_AFTER = timedelta(minutes=30)


def position_of(at: datetime, each_id: str) -> str:
    """Return the place of an event or a deployment among all: by time, then by id."""
    return f"{at.isoformat(timespec='milliseconds')}#{each_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A statement of AWS on one operation: an update of a stack, or a deployment of CodeDeploy or ECS.

    Attributes:
        operation: The id of the operation; empty if a stack was changed without a token.
        state: The state in the words of AWS.
        verdict: The meaning of the state.
        is_final: True if AWS does nothing more for the operation.
        reason: The reason that AWS gives, often empty.
    """

    event_id: str
    at: datetime
    environment: str
    stack: str
    system: System
    operation: str
    state: str
    verdict: Verdict
    is_final: bool
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A run of `make deploy` or `make rollback`; the contract `DeploymentRequested.v1` describes the members."""

    event_id: str
    at: datetime
    request_id: str
    environment: str
    stacks: tuple[str, ...]
    services: tuple[str, ...]
    commit: str
    committed_at: datetime
    branch: str
    artefacts: Mapping[str, str]
    requested_by: str
    approved_by: str | None = None
    workflow_run: str | None = None
    reason: str | None = None
    past_alarms: bool = False
    rollback_of: str | None = None

    @property
    def position(self) -> str:
        """The place of the event among all."""
        return position_of(self.at, self.event_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One operation of AWS in a deployment.

    Attributes:
        started_at: The time of its first event.
        outcome: None while it runs; `failed` as soon as AWS takes it back.
        failed_at: The time of the first event that says so.
        ended_at: The time of its last event, if that is final.
        state: The last state, in the words of AWS.
        positions: The places of its events among all, by time.
    """

    stack: str
    system: System
    operation: str
    started_at: datetime
    outcome: Outcome | None
    failed_at: datetime | None
    ended_at: datetime | None
    state: str
    reason: str
    positions: tuple[str, ...]

    @classmethod
    def of(cls, facts: Iterable[Fact], *, operation: str) -> "Part":
        """Return the operation that some facts describe, in whatever order they are."""
        ordered = sorted(facts, key=lambda fact: (fact.at, fact.is_final, fact.event_id))
        failed = [fact for fact in ordered if fact.verdict == "failed"]
        done = any(fact.verdict == "succeeded" for fact in ordered)
        last = ordered[-1]
        return cls(
            stack=last.stack,
            system=last.system,
            operation=operation,
            started_at=ordered[0].at,
            outcome="failed" if failed else "succeeded" if done else None,
            failed_at=failed[0].at if failed else None,
            ended_at=last.at if last.is_final else None,
            state=last.state,
            reason=next((fact.reason for fact in failed if fact.reason), ""),
            positions=tuple(sorted(position_of(fact.at, fact.event_id) for fact in ordered)),
        )

    @property
    def was_taken_back(self) -> bool:
        """True if AWS has completed the rollback of a failed operation, so that the version before serves again."""
        return self.outcome == "failed" and self.state in {"ROLLBACK_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """The effect of one request, or of one operation without a request, on the stacks of an environment.

    Attributes:
        deployment_id: The request's id; without a request, the stack and the operation.
        request: None if a stack was changed without `make deploy`.
        parts: By stack, then by time.
    """

    deployment_id: str
    environment: str
    request: Request | None
    parts: tuple[Part, ...] = field(default=())

    @property
    def at(self) -> datetime:
        """The time of the request, or of the first event without one."""
        return self.request.at if self.request else self.started_at

    @property
    def position(self) -> str:
        """The place of the deployment among all: by time, then by id."""
        return position_of(self.at, self.deployment_id)

    @property
    def started_at(self) -> datetime:
        """The time of the first event of AWS; of the request, if there is none yet."""
        if self.request and not self.parts:
            return self.request.at
        return min(part.started_at for part in self.parts)

    @property
    def stacks(self) -> frozenset[str]:
        """The stacks that the deployment changed, or tried to."""
        return frozenset(part.stack for part in self.parts)

    @property
    def failed_at(self) -> datetime | None:
        """The time of the first failure."""
        return min((part.failed_at for part in self.parts if part.failed_at), default=None)

    def outcome(self, *, now: datetime) -> Outcome | None:
        """Return the outcome; None while a part runs or bakes, while stacks are to come, and if nothing changed."""
        if any(part.outcome == "failed" for part in self.parts):
            return "failed"
        if not self.parts or any(part.outcome is None or part.ended_at is None for part in self.parts):
            return None
        awaited = frozenset(self.request.stacks if self.request else ()) - self.stacks
        if awaited and now < self._last_end() + SETTLED_AFTER:
            return None
        return "succeeded"

    def ended_at(self, *, now: datetime) -> datetime | None:
        """Return the time of the last final event of a deployment that is over; None before."""
        if self.outcome(now=now) is None or any(part.ended_at is None for part in self.parts):
            return None
        return self._last_end()

    def only(self, stack: str) -> "Deployment | None":
        """Return the part of the deployment that concerns one stack; None if there is none."""
        parts = tuple(part for part in self.parts if part.stack == stack)
        request = replace(self.request, stacks=(stack,)) if self.request else None
        return replace(self, request=request, parts=parts) if parts else None

    def _last_end(self) -> datetime:
        return max(part.ended_at for part in self.parts if part.ended_at)
