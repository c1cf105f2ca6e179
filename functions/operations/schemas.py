"""The requests and answers of the API of operations."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from functions.operations.domain import Deployment, Part, Request
from functions.operations.facts import RawEvent
from functions.operations.kpis import LEAST_FOR_A_SHARE, Kpi, Report, Row
from functions.operations.service import ChainCheck
from functions.shared.http.lists import PageAnswer, PageQuery

DEPLOYMENT_ID = "01938b2e-7c4a-7d3f-9a51-4f0c2b6d8e10"
# A query has text, which pydantic compares with no number.
Window = Annotated[
    Literal[7, 30, 90], BeforeValidator(lambda days: int(days) if isinstance(days, str) and days.isdecimal() else days)
]
# More rows would not fit the largest answer of a function behind a load balancer, 1 MB.
ROWS_MAX = 2_000


class RequestAnswer(BaseModel):
    """The run of `make deploy` or `make rollback` that asked for a deployment."""

    commit: str = Field(examples=["4bf92f3577b34da6a3ce929d0e0e4736bf92f357"])
    committed_at: datetime = Field(description="The author time of the commit.")
    branch: str = Field(examples=["main"])
    stacks: list[str] = Field(description="The stacks to deploy; those without changes have no part.")
    services: list[str] = Field(examples=[["users"]])
    artefacts: dict[str, str] = Field(description="The SHA-256 of what is deployed, by stack.")
    requested_by: str
    approved_by: str | None
    workflow_run: str | None = Field(description="The address of the run of the workflow.")
    reason: str | None
    past_alarms: bool = Field(description="True if it was deployed while alarms were firing.")
    rollback_of: str | None = Field(description="The deployment, or `<service>@<version>`, that it takes back.")

    @classmethod
    def of(cls, request: Request) -> Self:
        """Return the answer that shows a request."""
        return cls(
            commit=request.commit,
            committed_at=request.committed_at,
            branch=request.branch,
            stacks=list(request.stacks),
            services=list(request.services),
            artefacts=dict(request.artefacts),
            requested_by=request.requested_by,
            approved_by=request.approved_by,
            workflow_run=request.workflow_run,
            reason=request.reason,
            past_alarms=request.past_alarms,
            rollback_of=request.rollback_of,
        )


class PartAnswer(BaseModel):
    """One operation of AWS: an update of a stack, or a deployment of CodeDeploy or ECS."""

    stack: str = Field(examples=["platform-prod-users"])
    system: Literal["cloudformation", "codedeploy", "ecs"]
    operation: str = Field(description="The client request token of CloudFormation, or the id of the deployment.")
    outcome: Literal["succeeded", "failed"] | None = Field(description="Null while it runs or bakes.")
    state: str = Field(description="The last state, in the words of AWS.", examples=["UPDATE_COMPLETE"])
    reason: str = Field(description="The reason that AWS gives for a failure, often empty.")
    started_at: datetime
    failed_at: datetime | None
    ended_at: datetime | None

    @classmethod
    def of(cls, part: Part) -> Self:
        """Return the answer that shows a part."""
        return cls(
            stack=part.stack,
            system=part.system,
            operation=part.operation,
            outcome=part.outcome,
            state=part.state,
            reason=part.reason,
            started_at=part.started_at,
            failed_at=part.failed_at,
            ended_at=part.ended_at,
        )


class DeploymentAnswer(BaseModel):
    """A deployment, as the events of AWS and of `make deploy` describe it."""

    id: str = Field(examples=[DEPLOYMENT_ID])
    environment: str = Field(examples=["prod"])
    outcome: Literal["succeeded", "failed"] | None = Field(
        description="Null while it runs or bakes, and if nothing changed. `failed` includes what AWS took back."
    )
    requested_at: datetime
    ended_at: datetime | None
    request: RequestAnswer | None = Field(description="Null if a stack was changed without `make deploy`.")
    parts: list[PartAnswer]

    @classmethod
    def of(cls, deployment: Deployment, *, now: datetime) -> Self:
        """Return the answer that shows a deployment at a time."""
        return cls(
            id=deployment.deployment_id,
            environment=deployment.environment,
            outcome=deployment.outcome(now=now),
            requested_at=deployment.at,
            ended_at=deployment.ended_at(now=now),
            request=RequestAnswer.of(deployment.request) if deployment.request else None,
            parts=[PartAnswer.of(part) for part in deployment.parts],
        )


class DeploymentDetail(DeploymentAnswer):
    """A deployment with the raw events from which it is derived."""

    events: list[dict[str, Any]] = Field(description="The events as the bus delivered them, by time.")

    @classmethod
    def with_events(cls, deployment: Deployment, events: Sequence[RawEvent], *, now: datetime) -> Self:
        """Return the answer that shows a deployment and its events."""
        shown = DeploymentAnswer.of(deployment, now=now).model_dump()
        return cls(**shown, events=[json.loads(event.body) for event in events])


class DeploymentPage(PageAnswer[DeploymentAnswer]):
    """Some deployments, newest first."""


class DeploymentQuery(PageQuery):
    """The query of the list of deployments."""


class KpiQuery(BaseModel):
    """The query of the KPIs."""

    model_config = ConfigDict(extra="forbid")

    environment: str = Field(
        pattern="^[a-z][a-z0-9]{1,7}$",
        description="Deployments to other environments do not count.",
        examples=["prod"],
    )
    service: str | None = Field(
        default=None,
        pattern="^[a-z][a-z0-9]{1,13}$",
        description="Only what deployments did to this service; by default to all stacks.",
        examples=["users"],
    )
    days: Window = Field(default=30, description="The last days in UTC, today included.")


class RowAnswer(BaseModel):
    """A deployment behind a number."""

    deployment_id: str = Field(examples=[DEPLOYMENT_ID])
    at: datetime = Field(description="The time that puts it into the window.")
    value: float = Field(description="Seconds; of a share, 1 if it counts in the numerator, else 0.")
    ended_by: str | None = Field(description="The deployment that ended the failure.")

    @classmethod
    def of(cls, row: Row) -> Self:
        """Return the answer that shows a row."""
        return cls(deployment_id=row.deployment_id, at=row.at, value=row.value, ended_by=row.because_of)


class KpiAnswer(BaseModel):
    """A KPI with its definition."""

    name: str = Field(examples=["change_lead_time"])
    title: str
    sets: list[Literal["platform", "dora"]] = Field(description="`dora` for the five of DORA.")
    definition: str
    unit: Literal["seconds", "per_day", "share"] = Field(description="Seconds are a median; a share is from 0 to 1.")
    value: float | None = Field(description=f"Null without rows, and for a share of fewer than {LEAST_FOR_A_SHARE}.")
    count: int = Field(description="The number of deployments behind the value.")
    rows: list[RowAnswer] | None = Field(
        description=f"The deployments, if fewer than {LEAST_FOR_A_SHARE}; `GET /operations/kpis/{{name}}` has them all."
    )

    @classmethod
    def of(cls, kpi: Kpi) -> Self:
        """Return the answer that shows a KPI; it has the rows if they are few."""
        shown = list(map(RowAnswer.of, kpi.rows)) if kpi.count < LEAST_FOR_A_SHARE else None
        return cls._with(kpi, shown)

    @classmethod
    def with_rows(cls, kpi: Kpi) -> Self:
        """Return the answer that shows a KPI with its rows, the newest first if there are too many."""
        newest = sorted(kpi.rows, key=lambda row: row.at, reverse=True)
        return cls._with(kpi, list(map(RowAnswer.of, newest[:ROWS_MAX])))

    @classmethod
    def _with(cls, kpi: Kpi, rows: list[RowAnswer] | None) -> Self:
        return cls(
            name=kpi.definition.name,
            title=kpi.definition.title,
            sets=list(kpi.definition.sets),
            definition=kpi.definition.text,
            unit=kpi.definition.unit,
            value=kpi.value,
            count=kpi.count,
            rows=rows,
        )


class KpisAnswer(BaseModel):
    """The KPIs of a window."""

    environment: str
    service: str | None
    days: int
    since: datetime = Field(description="Midnight UTC at the begin of the first day.")
    until: datetime
    baking: list[str] = Field(description="The releases without an outcome; they count in no number.")
    kpis: list[KpiAnswer]

    @classmethod
    def of(cls, report: Report) -> Self:
        """Return the answer that shows a report."""
        return cls(
            environment=report.environment,
            service=report.service,
            days=report.days,
            since=report.start,
            until=report.end,
            baking=list(report.baking),
            kpis=[KpiAnswer.of(kpi) for kpi in report.kpis],
        )


class ChainQuery(BaseModel):
    """The query of the check of the chain."""

    model_config = ConfigDict(extra="forbid")

    after: int = Field(
        default=0, ge=0, le=10**12, description="Check the links after this one: `last` of the check before."
    )
    limit: int = Field(default=200, ge=1, le=500, description="The most links to check.")


class ChainAnswer(BaseModel):
    """The result of a check of a piece of the chain of raw events."""

    intact: bool
    first: int = Field(description="The first checked link; links are numbered from 1.")
    last: int = Field(description="The last checked link.")
    head: int = Field(description="The last link of the chain; if it is greater than `last`, check on from there.")
    broken_at: int | None
    problem: str | None

    @classmethod
    def of(cls, check: ChainCheck) -> Self:
        """Return the answer that shows a check."""
        return cls(
            intact=check.found is None,
            first=check.first,
            last=check.last,
            head=check.head,
            broken_at=check.found.sequence if check.found else None,
            problem=check.found.problem if check.found else None,
        )
