"""The use cases of the API of operations."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from functions.operations.chain import Break, find_break
from functions.operations.domain import Deployment
from functions.operations.facts import RawEvent
from functions.operations.kpis import LOOK_BACK, Report, report
from functions.operations.ports import DeploymentStore, EventLog
from functions.shared.http.pages import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainCheck:
    """The result of a check of a piece of the chain.

    Attributes:
        first: The sequence number of the first checked link.
        last: That of the last checked one.
        head: That of the last link of the chain.
        found: The first place at which the chain does not hold.
    """

    first: int
    last: int
    head: int
    found: Break | None


class OperationsService:
    """Reads deployments, their events and their KPIs."""

    def __init__(
        self, log: EventLog, deployments: DeploymentStore, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._log = log
        self._deployments = deployments
        self._clock = clock

    def now(self) -> datetime:
        """Return the time by which outcomes are judged, in UTC."""
        return self._clock()

    def list_page(self, *, limit: int, after: str | None) -> Page[Deployment]:
        """Return at most `limit` deployments after a position, newest first."""
        return self._deployments.list_page(limit=limit, after=after)

    def get(self, deployment_id: str) -> tuple[Deployment, list[RawEvent]]:
        """Return a deployment and its raw events, by time.

        Raises:
            DeploymentNotFound: No deployment has this id.
        """
        deployment = self._deployments.get(deployment_id)
        positions = [position for part in deployment.parts for position in part.positions]
        if deployment.request:
            positions.append(deployment.request.position)
        return deployment, self._log.read_at(positions)

    def report(self, *, environment: str, service: str | None, days: int) -> Report:
        """Return the KPIs of the last `days` days in UTC, today included."""
        now = self.now()
        found = list(self._deployments.read_since(now - timedelta(days=days) - LOOK_BACK))
        return report(found, environment=environment, service=service, days=days, now=now)

    def check_chain(self, *, after: int, limit: int) -> ChainCheck:
        """Check at most `limit` links of the chain after a sequence number."""
        head = self._log.find_head()
        before = list(self._log.read_links(after=after - 1, limit=1)) if after else []
        links = list(self._log.read_links(after=after, limit=limit))
        events = {event.position: event for event in self._log.read_at([link.position for link in links])}
        found = find_break(((link, events.get(link.position)) for link in links), before=before[0] if before else None)
        end = head.sequence if head else 0
        last = links[-1].sequence if links else after
        if found is None and after and not before:
            found = Break(sequence=after, problem="The link is missing.")
        if found is None and len(links) < limit and last != end:
            found = Break(sequence=last + 1, problem="The link is missing.")
        if found is None and head and links and last == end and links[-1].hash != head.hash:
            found = Break(sequence=last, problem="The last link is not the one at which the chain ends.")
        return ChainCheck(first=after + 1, last=last, head=end, found=found)
