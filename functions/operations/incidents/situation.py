"""The facts from which the cause of an incident is derived: its alarms, and the deployments before and during it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from functions.operations.domain import Deployment
from functions.operations.incidents.domain import Firing, Incident
from functions.operations.incidents.kinds import GATEWAY, SHARED, kind_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """The moment at which a deployment last changed a service or the gateway."""

    deployment: Deployment
    service: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """An incident and what is known around it."""

    incident: Incident
    deployments: Sequence[Deployment]

    def fired(self, *kinds: str) -> list[Firing]:
        """Return the firings of some kinds, by time."""
        return [firing for firing in self.incident.firings if kind_of(firing.alarm) in kinds]

    @property
    def own_services(self) -> list[str]:
        """The services of the incident, without the parts that all share."""
        return [service for service in self.incident.services if service not in SHARED]

    def last_change(self) -> Reached | None:
        """Return the last deployment of a service of the incident, or of the gateway, that began before its end."""
        services = {*self.own_services, GATEWAY}
        until = self.incident.ended_at or datetime.max.replace(tzinfo=self.incident.opened_at.tzinfo)
        found = [each for each in self._reached() if each.service in services and each.at <= until]
        return max(found, key=lambda each: each.at, default=None)

    def released(self, service: str, *, within: timedelta) -> Reached | None:
        """Return the last deployment that changed a service within some time before its first alarm fired."""
        first = next(firing.fired_at for firing in self.incident.firings if firing.service == service)
        found = [each for each in self._reached() if each.service == service and first - within <= each.at <= first]
        return max(found, key=lambda each: each.at, default=None)

    def _reached(self) -> list[Reached]:
        """Return each deployment with each service that it changed; a canary changes it when it begins."""
        return [
            Reached(deployment=deployment, service=part.stack.split("-", 2)[-1], at=at)
            for deployment in self.deployments
            if deployment.environment == self.incident.environment
            for part in deployment.parts
            for at in (part.started_at, part.ended_at)
            if at
        ]
