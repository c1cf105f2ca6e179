"""The authorisation matrix (docs/authorisation.md), called cell by cell: every route, every caller, every owner.

`tests/<service>/authorisation_fixtures.py` creates a service's resources and well-formed requests. Without these, the
routes of the service fail here, so no cell of the matrix is left out:

- `make(owner, admin)` creates a resource of the owner and returns the path's parameters, the resource's id first;
- `set_up(platform)` makes the resources that no caller can make, such as those of events of AWS;
- `OWNERS` are the callers that can own a resource, if fewer than elsewhere;
- `BODIES` and `QUERIES` contain the body and the query of a route, or a function that makes it from an admin's client;
- `IF_MATCH` contains the precondition of a route, if any version would do harm;
- `ALSO_READ` are the routes that also need the scopes to read what their request names, so 403 is right for a writer.
"""

import importlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import httpx
import pytest

from tests.e2e.platform_under_test import SERVICES, PlatformUnderTest
from tools.authorisation.matrix import CALLERS, OWNERS, Cell, Expected, Operation, cells, expected, operations

# 409 and 412 mean that the request conflicts with the stored state: the caller was admitted.
ADMITTED = range(HTTPStatus.OK, HTTPStatus.MULTIPLE_CHOICES), {HTTPStatus.CONFLICT, HTTPStatus.PRECONDITION_FAILED}


@dataclass(frozen=True)
class Requester:
    """Sends requests to a service's routes, as any caller, for any owner's resource."""

    platform: PlatformUnderTest
    service: str
    _made: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def fixtures(self) -> Any:
        return importlib.import_module(f"tests.{self.service}.authorisation_fixtures")

    @property
    def operations(self) -> list[Operation]:
        document = self.platform.client(None).get(f"/{self.service}/openapi.json").json()
        return list(operations(document, service=self.service))

    @property
    def owners(self) -> tuple[str, ...]:
        owners: tuple[str, ...] = getattr(self.fixtures, "OWNERS", OWNERS)
        return owners

    def resource(self, owner: str) -> dict[str, str]:
        """Return the path's parameters of an owner's resource that is unchanged."""
        if owner not in self._made:
            self._made[owner] = self.make(owner)
        return self._made[owner]

    def make(self, owner: str) -> dict[str, str]:
        """Create a resource of an owner and return the path's parameters."""
        getattr(self.fixtures, "set_up", lambda _platform: None)(self.platform)
        parameters: dict[str, str] = self.fixtures.make(self.platform.client(owner), self.platform.gateway)
        return parameters

    def request(self, operation: Operation, cell: Cell) -> httpx.Response:
        """Send the request of a cell; a request that may change its resource gets a new one."""
        path = operation.path
        if operation.takes_a_resource:
            changes = cell.expected == "admitted" and not operation.only_reads
            path = path.format(**(self.make if changes else self.resource)(cell.owner))
        return self.platform.client(cell.caller).request(
            operation.method,
            path,
            params=self._part("QUERIES", operation),
            json=self._part("BODIES", operation),
            headers={"If-Match": getattr(self.fixtures, "IF_MATCH", {}).get(str(operation), "*")},
        )

    def expected(self, operation: Operation, cell: Cell) -> Expected:
        also_read = str(operation) in getattr(self.fixtures, "ALSO_READ", ())
        return "403" if cell.caller == "writer" and also_read else cell.expected

    def _part(self, name: str, operation: Operation) -> Any:
        part = getattr(self.fixtures, name, {}).get(str(operation))
        return part(self.platform.gateway) if callable(part) else part


def seen(answer: httpx.Response) -> str:
    return "admitted" if any(answer.status_code in each for each in ADMITTED) else str(answer.status_code)


@pytest.mark.parametrize("service", SERVICES)
def test_every_route_answers_every_caller_as_its_rule_says(platform: PlatformUnderTest, service: str) -> None:
    requester = Requester(platform, service)
    wrong, requests = [], 0
    for operation in requester.operations:
        for cell in cells(operation, owners=requester.owners):
            answer = requester.request(operation, cell)
            requests += 1
            assert answer.headers["Cache-Control"] in {"no-store", "private, no-cache"}, operation
            if cell.caller == "writer" and operation.takes_a_resource and answer.is_success:
                # A client that may only write a resource must not read it in the answer.
                assert answer.content == b"", operation
            if (found := seen(answer)) != requester.expected(operation, cell):
                request = f"{operation} by {cell.caller} for a resource of {cell.owner}"
                wrong.append(f"{request}: expected {requester.expected(operation, cell)}, got {found}: {answer.text}")

    assert wrong == []
    assert requests >= len(CALLERS)


@pytest.mark.parametrize("service", SERVICES)
def test_a_list_shows_members_only_their_own_resources_and_other_callers_all(
    platform: PlatformUnderTest, service: str
) -> None:
    requester = Requester(platform, service)
    lists = [each for each in requester.operations if each.lists and each.access["member"] == "own"]
    if not lists:
        pytest.skip("The service has no list for members.")
    owners = {*requester.owners, "member2"}
    id_of = {owner: next(iter(requester.resource(owner).values())) for owner in owners}
    for operation in lists:
        for caller in CALLERS:
            if expected(operation, caller=caller, owner="member") == "admitted":
                shown = set(ids(platform.client(caller), operation.path)) & {*id_of.values()}
                theirs = {id_of[caller]} if caller in {"member", "member2"} else {*id_of.values()}
                assert shown == theirs, f"{operation} by {caller}"


def ids(client: httpx.Client, path: str) -> Iterator[str]:
    """Yield the ids of a list, page by page; a first page of one item makes every list follow a cursor."""
    query: dict[str, Any] = {"limit": 1}
    while True:
        page = client.get(path, params=query).raise_for_status().json()
        for item in page["items"]:
            yield item["id"]
        if page["next_cursor"] is None:
            return
        query = {"limit": 100, "cursor": page["next_cursor"]}
