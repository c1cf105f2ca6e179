"""The answers of the API of incidents."""

from datetime import datetime
from typing import Literal, Self

from pydantic import BaseModel, Field

from functions.operations.incidents.causes import Cause
from functions.operations.incidents.domain import Firing, Incident
from functions.operations.incidents.message import title_of
from functions.operations.incidents.service import Explained
from functions.shared.http.lists import PageAnswer, PageQuery

INCIDENT_ID = "20261123T120000000Z-users-failures"


class IncidentAnswer(BaseModel):
    """Alarms that fire together."""

    id: str = Field(examples=[INCIDENT_ID], description="Also the id of its thread in a chat.")
    environment: str = Field(examples=["prod"])
    severity: Literal["urgent", "ticket"] = Field(description="A ticket waits for working hours.")
    title: str = Field(examples=["[urgent] users: requests fail"])
    services: list[str] = Field(description="By the time at which they fired; `gateway` and `events` are shared parts.")
    opened_at: datetime
    ended_at: datetime | None = Field(description="Null while one of its alarms fires.")
    alarms_total: int = Field(examples=[3])
    alarms_firing: int = Field(examples=[1])

    @classmethod
    def of(cls, incident: Incident) -> Self:
        """Return the answer that shows an incident."""
        return cls(
            id=incident.incident_id,
            environment=incident.environment,
            severity=incident.severity,
            title=title_of(incident),
            services=list(incident.services),
            opened_at=incident.opened_at,
            ended_at=incident.ended_at,
            alarms_total=len(incident.alarms),
            alarms_firing=sum(ended_at is None for _, ended_at in incident.alarms),
        )


class IncidentPage(PageAnswer[IncidentAnswer]):
    """A page of incidents."""


class IncidentQuery(PageQuery):
    """The query of the list of incidents."""


class AlarmAnswer(BaseModel):
    """An alarm of an incident, and the last time that it fired."""

    name: str = Field(examples=["platform-prod-users-failures"])
    description: str
    value: float | None = Field(description="The value farthest beyond the threshold; null for a composite alarm.")
    threshold: float | None
    fired_at: datetime
    ended_at: datetime | None

    @classmethod
    def of(cls, firing: Firing, ended_at: datetime | None) -> Self:
        """Return the answer that shows an alarm."""
        return cls(
            name=firing.alarm,
            description=firing.told.description,
            value=firing.told.value,
            threshold=firing.told.threshold,
            fired_at=firing.fired_at,
            ended_at=ended_at,
        )


class CauseAnswer(BaseModel):
    """A likely cause."""

    name: str = Field(examples=["release"], description="The rule that found it.")
    cause: str
    evidence: str

    @classmethod
    def of(cls, cause: Cause) -> Self:
        """Return the answer that shows a cause."""
        return cls(name=cause.name, cause=cause.cause, evidence=cause.evidence)


class IncidentDetail(IncidentAnswer):
    """An incident with its alarms, its likely causes and its message."""

    alarms: list[AlarmAnswer] = Field(description="Those that fire first, then by urgency.")
    changed: str = Field(description="The last change of its services or of the gateway.")
    causes: list[CauseAnswer] = Field(description="At most three, the likeliest first.")
    ruled_out: list[str]
    links: list[str] = Field(description="Paths below this address or in the repository, the runbook first.")
    message: str = Field(description="All of this as plain text, for a chat.")

    @classmethod
    def explained(cls, explained: Explained) -> Self:
        """Return the answer that shows an incident with its explanation."""
        incident, message = explained.incident, explained.message
        return cls(
            **IncidentAnswer.of(incident).model_dump(),
            alarms=[AlarmAnswer.of(firing, ended_at) for firing, ended_at in incident.alarms],
            changed=message.changed,
            causes=list(map(CauseAnswer.of, message.causes)),
            ruled_out=list(message.ruled_out),
            links=list(message.links),
            message=message.text(),
        )
