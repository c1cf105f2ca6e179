"""The authorisation matrix: every route, every caller, what is theirs and what is not, out of the OpenAPI documents.

A service says in `tests/<service>/owned.py` how a caller comes to own something; without that, its routes with a
parameter fail here, so that no cell of the matrix is left out.
"""

import importlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import httpx
import pytest

from tests.e2e.platform_under_test import SERVICES, PlatformUnderTest

METHODS = ("get", "post", "put", "patch", "delete")
OPEN = {"health", "docs", "openapi.json"}
REFUSED = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One method of one path."""

    method: str
    path: str
    access: Mapping[str, str]

    @property
    def takes_what_somebody_owns(self) -> bool:
        return "{" in self.path

    def __str__(self) -> str:
        return f"{self.method.upper()} {self.path}"


@dataclass(frozen=True, kw_only=True)
class Cell:
    """A caller, what they call for, and the answer they must get."""

    caller: str | None
    owner: str
    expected: str


def operations(platform: PlatformUnderTest, service: str) -> Iterator[Operation]:
    document = platform.client(None).get(f"/{service}/openapi.json").json()
    for path, methods in document["paths"].items():
        for method in METHODS:
            if method in methods and path.rpartition("/")[2] not in OPEN:
                yield Operation(method=method, path=path, access=methods[method]["x-access"])


def cells(operation: Operation) -> Iterator[Cell]:
    """Every cell of a route's row."""
    access, owned = operation.access, operation.takes_what_somebody_owns
    reads_alone = all(scope.endswith("/read") for scope in access["machine"].split())
    yield Cell(caller=None, owner="member", expected="401")
    yield Cell(caller="admin", owner="member", expected="admitted")
    member = {"own": "admitted", "never": "403"}[access["member"]]
    yield Cell(caller="member", owner="member", expected=member)
    if owned:
        yield Cell(caller="member2", owner="member", expected="404" if member == "admitted" else "403")
        yield Cell(caller="admin", owner="admin", expected="admitted")
        yield Cell(caller="member", owner="admin", expected="404" if member == "admitted" else "403")
    yield Cell(caller="machine", owner="member", expected="403" if access["machine"] == "never" else "admitted")
    yield Cell(caller="visitor", owner="member", expected="403")
    yield Cell(caller="reader", owner="member", expected="admitted" if reads_alone else "403")


def seen(answer: httpx.Response, operation: Operation) -> str:
    if answer.status_code in REFUSED:
        return str(answer.status_code)
    # Of a collection, 404 would tell nothing about who calls.
    if answer.status_code == HTTPStatus.NOT_FOUND and operation.takes_what_somebody_owns:
        return "404"
    assert answer.status_code < HTTPStatus.INTERNAL_SERVER_ERROR, f"{operation}: {answer.text}"
    return "admitted"


@pytest.mark.parametrize("service", SERVICES)
def test_every_caller_gets_of_every_route_what_its_rule_says(platform: PlatformUnderTest, service: str) -> None:
    wrong, looked_at = [], 0
    for operation in operations(platform, service):
        for cell in cells(operation):
            path, more = request_of(platform, service, operation, owner=cell.owner)
            answer = platform.client(cell.caller).request(operation.method, path, **more)
            looked_at += 1
            if (found := seen(answer, operation)) != cell.expected:
                whose = f"{operation} by {cell.caller} on {cell.owner}'s"
                wrong.append(f"{whose}: {cell.expected}, not {found}: {answer.text}")

    assert wrong == []
    assert looked_at


def request_of(
    platform: PlatformUnderTest, service: str, operation: Operation, *, owner: str
) -> tuple[str, dict[str, Any]]:
    """Return the path to something of the owner's, made anew, and a request for it that is well formed."""
    more: dict[str, Any] = {"headers": {"If-Match": "*"}}
    if not operation.takes_what_somebody_owns:
        return operation.path, more | ({} if operation.method in {"get", "delete"} else {"json": {}})
    owned = importlib.import_module(f"tests.{service}.owned")
    path = operation.path.format(**owned.make(platform.client(owner), platform.gateway))
    body = getattr(owned, "BODIES", {}).get(str(operation), {})
    return path, more | ({} if operation.method in {"get", "delete"} else {"json": body})
