"""The authorisation matrix: the answer that each caller gets from each route, by the rules in the OpenAPI documents."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

type Expected = Literal["admitted", "401", "403", "404"]

# https://spec.openapis.org/oas/v3.1.0#path-item-object
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
# The machine clients among the demo identities, and the scopes that each has of every service.
MACHINES: Mapping[str, tuple[str, ...]] = {"machine": ("read", "write"), "reader": ("read",), "writer": ("write",)}
# The demo identities, and None for a caller without a token. A visitor is in no group.
CALLERS = ("admin", "member", "member2", *MACHINES, "visitor", None)
# The callers that can own resources, unless a service names fewer.
OWNERS = ("admin", "member", "machine")


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One method of one path, and its rule.

    Attributes:
        access: `x-access`, see functions/shared/auth/access.py.
    """

    method: str
    path: str
    access: Mapping[str, str]

    @property
    def takes_a_resource(self) -> bool:
        """True if the path names one resource, which has an owner."""
        return "{" in self.path

    @property
    def only_reads(self) -> bool:
        """True if the method changes nothing."""
        return self.method in {"get", "head"}

    @property
    def lists(self) -> bool:
        """True if the operation lists all resources of its service that the caller may see."""
        return self.method == "get" and self.path.count("/") == 1

    @property
    def scopes(self) -> tuple[str, ...]:
        """The scopes that a machine client needs; empty if the route admits no machine client."""
        return () if self.access["machine"] == "never" else tuple(self.access["machine"].split())

    def __str__(self) -> str:
        return f"{self.method.upper()} {self.path}"


@dataclass(frozen=True, kw_only=True)
class Cell:
    """A caller, the owner of the requested resource, and the expected answer."""

    caller: str | None
    owner: str
    expected: Expected


def operations(document: Mapping[str, Any], *, service: str) -> Iterator[Operation]:
    """Yield every operation of an OpenAPI document except the health check, which needs no token.

    Raises:
        KeyError: An operation has no rule.
    """
    for path, item in document["paths"].items():
        if path != f"/{service}/health":
            for method in METHODS:
                if method in item:
                    yield Operation(method=method, path=path, access=item[method]["x-access"])


def expected(operation: Operation, *, caller: str | None, owner: str) -> Expected:
    """Return the answer that a caller must get for a resource of an owner, or for a collection."""
    if caller is None:
        return "401"
    if caller == "admin":
        return "admitted"
    if caller == "visitor":
        return "403"
    if caller in MACHINES:
        has_all = all(scope.rpartition("/")[2] in MACHINES[caller] for scope in operation.scopes)
        return "admitted" if operation.scopes and has_all else "403"
    if operation.access["member"] == "never":
        return "403"
    return "404" if operation.takes_a_resource and caller != owner else "admitted"


def cells(operation: Operation, *, owners: Sequence[str] = OWNERS) -> Iterator[Cell]:
    """Yield the cells of an operation: every caller for each owner's resource, or once for a collection."""
    for owner in owners if operation.takes_a_resource else owners[:1]:
        for caller in CALLERS:
            yield Cell(caller=caller, owner=owner, expected=expected(operation, caller=caller, owner=owner))
