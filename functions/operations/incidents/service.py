"""The use cases of the API of incidents."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from functions.operations.incidents.domain import Incident
from functions.operations.incidents.message import Message, message_of
from functions.operations.incidents.ports import IncidentStore
from functions.operations.ports import DeploymentStore
from functions.shared.http.pages import Page

# The deployments among which the last change of a service is looked for.
LOOKED_AT = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """An incident with its message."""

    incident: Incident
    message: Message


class IncidentService:
    """Reads incidents and explains them."""

    def __init__(
        self,
        incidents: IncidentStore,
        deployments: DeploymentStore,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._incidents = incidents
        self._deployments = deployments
        self._clock = clock

    def list_page(self, *, limit: int, after: str | None) -> Page[Incident]:
        """Return at most `limit` incidents after a position, newest first."""
        return self._incidents.list_page(limit=limit, after=after)

    def get(self, incident_id: str) -> Explained:
        """Return an incident, explained by the deployments until its end.

        Raises:
            IncidentNotFound: No incident has this id.
        """
        incident = self._incidents.get(incident_id)
        now = self._clock()
        until = (incident.ended_at or now).isoformat(timespec="milliseconds")
        deployments = self._deployments.list_page(limit=LOOKED_AT, after=until).items
        return Explained(incident=incident, message=message_of(incident, deployments, now=now))
