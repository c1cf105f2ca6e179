"""The authorisation matrix (docs/authorisation.md), called cell by cell: every route, every caller, every owner.

A service says in `tests/<service>/owned.py` how a caller comes to own something, and what a well-formed request of a
route is; without that, its routes fail here, so that no cell of the matrix is left out:

- `make(owner, admin)` makes something of the owner's and returns the path's parameters, its id first;
- `OWNERS` are those who can own something, where fewer can than can elsewhere;
- `BODIES` and `QUERIES` hold what a route's request has, or what makes it of an admin's client.
"""

import importlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import httpx
import pytest

from tests.authorisation.matrix import CALLERS, OWNERS, Cell, Operation, cells, expected, operations
from tests.e2e.platform_under_test import SERVICES, PlatformUnderTest

# What was asked for does not go together with what is there: whoever learns that was admitted.
ADMITTED = range(HTTPStatus.OK, HTTPStatus.MULTIPLE_CHOICES), {HTTPStatus.CONFLICT}


@dataclass(frozen=True)
class Asker:
    """Makes requests to a service's routes, as any caller, for what is any owner's."""

    platform: PlatformUnderTest
    service: str
    _made: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def owned(self) -> Any:
        return importlib.import_module(f"tests.{self.service}.owned")

    @property
    def operations(self) -> list[Operation]:
        document = self.platform.client(None).get(f"/{self.service}/openapi.json").json()
        return list(operations(document, service=self.service))

    @property
    def owners(self) -> tuple[str, ...]:
        owners: tuple[str, ...] = getattr(self.owned, "OWNERS", OWNERS)
        return owners

    def thing(self, owner: str) -> dict[str, str]:
        """Return the path's parameters of something of an owner's that nobody has changed."""
        if owner not in self._made:
            self._made[owner] = self.make(owner)
        return self._made[owner]

    def make(self, owner: str) -> dict[str, str]:
        """Return the path's parameters of something of an owner's, made anew."""
        parameters: dict[str, str] = self.owned.make(self.platform.client(owner), self.platform.gateway)
        return parameters

    def ask(self, operation: Operation, cell: Cell) -> httpx.Response:
        """Make the request of a cell; what it may change is made anew for it."""
        path = operation.path
        if operation.takes_what_somebody_owns:
            changes = cell.expected == "admitted" and not operation.only_reads
            path = path.format(**(self.make if changes else self.thing)(cell.owner))
        return self.platform.client(cell.caller).request(
            operation.method,
            path,
            params=self._said("QUERIES", operation),
            json=self._said("BODIES", operation),
            headers={"If-Match": "*"},
        )

    def _said(self, name: str, operation: Operation) -> Any:
        said = getattr(self.owned, name, {}).get(str(operation))
        return said(self.platform.gateway) if callable(said) else said


def seen(answer: httpx.Response) -> str:
    return "admitted" if any(answer.status_code in each for each in ADMITTED) else str(answer.status_code)


@pytest.mark.parametrize("service", SERVICES)
def test_every_caller_gets_of_every_route_what_its_rule_says(platform: PlatformUnderTest, service: str) -> None:
    asker = Asker(platform, service)
    wrong, looked_at = [], 0
    for operation in asker.operations:
        for cell in cells(operation, owners=asker.owners):
            answer = asker.ask(operation, cell)
            looked_at += 1
            if (found := seen(answer)) != cell.expected:
                whose = f"{operation} by {cell.caller} on {cell.owner}'s"
                wrong.append(f"{whose}: {cell.expected}, not {found}: {answer.text}")

    assert wrong == []
    assert looked_at >= len(CALLERS)


@pytest.mark.parametrize("service", SERVICES)
def test_a_list_shows_members_their_own_and_the_others_everybody_s(platform: PlatformUnderTest, service: str) -> None:
    asker = Asker(platform, service)
    lists = [each for each in asker.operations if each.lists and each.access["member"] == "own"]
    if not lists:
        pytest.skip("Members are shown no list of it.")
    owners = {*asker.owners, "member2"}
    id_of = {owner: next(iter(asker.thing(owner).values())) for owner in owners}
    for operation in lists:
        for caller in CALLERS:
            if expected(operation, caller=caller, owner="member") == "admitted":
                shown = set(ids(platform.client(caller), operation.path)) & {*id_of.values()}
                theirs = {id_of[caller]} if caller in {"member", "member2"} else {*id_of.values()}
                assert shown == theirs, f"{operation} by {caller}"


def ids(client: httpx.Client, path: str) -> Iterator[str]:
    """Yield the ids of a list, page by page."""
    query: dict[str, Any] = {"limit": 100}
    while True:
        page = client.get(path, params=query).raise_for_status().json()
        for item in page["items"]:
            yield item["id"]
        if page["next_cursor"] is None:
            return
        query["cursor"] = page["next_cursor"]
