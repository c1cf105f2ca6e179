"""The stores of operations in memory."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from functions.operations.chain import Link, link_after
from functions.operations.domain import Deployment
from functions.operations.errors import DeploymentNotFound
from functions.operations.facts import RawEvent
from functions.shared.http.pages import Page
from functions.shared.messaging.inbox import AlreadySeen

if TYPE_CHECKING:
    from functions.operations.ports import DeploymentStore, EventLog


class FakeEventLog:
    """The `EventLog` in memory."""

    def __init__(self) -> None:
        self.events: dict[str, RawEvent] = {}
        self.links: list[Link] = []

    def append(self, event: RawEvent) -> Link:
        if event.position in self.events:
            raise AlreadySeen
        self.events[event.position] = event
        self.links.append(link_after(self.find_head(), event))
        return self.links[-1]

    def find_head(self) -> Link | None:
        return self.links[-1] if self.links else None

    def read_between(self, start: datetime, end: datetime) -> list[RawEvent]:
        return [event for _, event in sorted(self.events.items()) if start <= event.at < end]

    def read_at(self, positions: Collection[str]) -> list[RawEvent]:
        return [event for position, event in sorted(self.events.items()) if position in positions]

    def read_links(self, *, after: int, limit: int) -> Sequence[Link]:
        return [link for link in self.links if link.sequence > after][:limit]


class FakeDeploymentStore:
    """The `DeploymentStore` in memory."""

    def __init__(self) -> None:
        self.deployments: dict[str, Deployment] = {}

    def save(self, deployment: Deployment) -> None:
        self.deployments[deployment.deployment_id] = deployment

    def remove(self, deployment_ids: Collection[str]) -> None:
        for deployment_id in deployment_ids:
            self.deployments.pop(deployment_id, None)

    def get(self, deployment_id: str) -> Deployment:
        try:
            return self.deployments[deployment_id]
        except KeyError:
            raise DeploymentNotFound from None

    def list_page(self, *, limit: int, after: str | None) -> Page[Deployment]:
        found = sorted(
            (each for each in self.deployments.values() if after is None or each.position < after),
            key=lambda each: each.position,
            reverse=True,
        )
        more = len(found) > limit
        return Page(items=found[:limit], next_position=found[limit - 1].position if more else None)

    def read_since(self, start: datetime) -> Iterator[Deployment]:
        for each in sorted(self.deployments.values(), key=lambda each: each.position):
            if each.at >= start:
                yield each


if TYPE_CHECKING:
    _: EventLog = FakeEventLog()
    __: DeploymentStore = FakeDeploymentStore()
