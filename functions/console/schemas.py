"""The queries of the pages, and the answer of the one route for scripts; the pages themselves are templates."""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import BaseModel, Field

from functions.console.domain import Live, Now, Release, ServiceNow, State

OneService = Annotated[str | None, Field(max_length=14, pattern="^[a-z][a-z0-9]*$")]


class AlarmQuery(BaseModel):
    """The filters of the list of alarms: a state and a service."""

    state: State | None = None
    of: OneService = None


class KpiQuery(BaseModel):
    """The window of KPIs, and the service to which they are limited."""

    days: Literal["7", "30", "90"] = "30"
    of: OneService = None


class LiveAnswer(BaseModel):
    """The versions of a function that get traffic."""

    function: str = Field(examples=["platform-prod-users-api"])
    version: str
    canary: str | None = Field(description="The new version beside it; null outside a release.")
    share: float = Field(description="The share of the traffic that the new version gets.")

    @classmethod
    def of(cls, live: Live) -> Self:
        """Return the answer that shows the versions of a function."""
        return cls(function=live.function, version=live.version, canary=live.canary, share=live.share)


class LastRelease(BaseModel):
    """The last deployment that changed a service."""

    deployment_id: str
    at: datetime
    outcome: Literal["succeeded", "failed"] | None = Field(description="Null while it runs or bakes.")
    commit: str | None

    @classmethod
    def of(cls, release: Release) -> Self:
        """Return the answer that shows a release."""
        return cls(deployment_id=release.deployment_id, at=release.at, outcome=release.outcome, commit=release.commit)


class ServiceAnswer(BaseModel):
    """The present state of a service."""

    name: str = Field(examples=["users"])
    alarms_firing: list[str]
    requests_last_hour: int | None = Field(description="Null without an API, or if the metrics could not be read.")
    failed_last_hour: int | None
    budget_left: float | None = Field(
        description="The share of the error budget that is left, at most 1; below 0 if the objective is missed."
    )
    live: list[LiveAnswer]
    last_release: LastRelease | None

    @classmethod
    def of(cls, service: ServiceNow) -> Self:
        """Return the answer that shows a service."""
        return cls(
            name=service.name,
            alarms_firing=[alarm.name for alarm in service.firing],
            requests_last_hour=round(service.traffic.total) if service.traffic else None,
            failed_last_hour=round(service.traffic.total_failed) if service.traffic else None,
            budget_left=service.budget.left if service.budget else None,
            live=list(map(LiveAnswer.of, service.live)),
            last_release=LastRelease.of(service.release) if service.release else None,
        )


class ServicesAnswer(BaseModel):
    """The present state of all services."""

    items: list[ServiceAnswer]
    problems: dict[str, str] = Field(
        description="The kinds of data that could not be read, such as `alarms`, each with the problem."
    )

    @classmethod
    def of(cls, now: Now) -> Self:
        """Return the answer that shows the platform."""
        return cls(items=list(map(ServiceAnswer.of, now.services)), problems=dict(now.problems))
