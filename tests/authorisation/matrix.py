"""The authorisation matrix: what every caller gets of every route, by the rules in the OpenAPI documents."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

type Expected = Literal["admitted", "401", "403", "404"]

# https://spec.openapis.org/oas/v3.1.0#path-item-object
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
# The demo identities, and None for nobody; a visitor is in no group, a reader may read everything.
CALLERS = ("admin", "member", "member2", "machine", "reader", "visitor", None)
# Who can have something of their own, unless a service says that fewer can.
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
    def takes_what_somebody_owns(self) -> bool:
        return "{" in self.path

    @property
    def only_reads(self) -> bool:
        return self.method in {"get", "head"}

    @property
    def lists(self) -> bool:
        """Whether it lists all things of its service that the caller sees."""
        return self.method == "get" and self.path.count("/") == 1

    @property
    def scopes(self) -> tuple[str, ...]:
        """What a machine client needs; nothing where none is admitted."""
        return () if self.access["machine"] == "never" else tuple(self.access["machine"].split())

    def __str__(self) -> str:
        return f"{self.method.upper()} {self.path}"


@dataclass(frozen=True, kw_only=True)
class Cell:
    """A caller, whose thing they call for, and what they must get."""

    caller: str | None
    owner: str
    expected: Expected


def operations(document: Mapping[str, Any], *, service: str) -> Iterator[Operation]:
    """Yield every operation of an OpenAPI document but the health, which is anybody's.

    Raises:
        KeyError: One says no rule.
    """
    for path, item in document["paths"].items():
        if path != f"/{service}/health":
            for method in METHODS:
                if method in item:
                    yield Operation(method=method, path=path, access=item[method]["x-access"])


def expected(operation: Operation, *, caller: str | None, owner: str) -> Expected:
    """Return what a caller must get who asks for something of an owner's, or for a collection."""
    if caller is None:
        return "401"
    if caller == "admin":
        return "admitted"
    if caller == "visitor":
        return "403"
    if caller in {"machine", "reader"}:
        has_all = all(scope.endswith("/read") for scope in operation.scopes) or caller == "machine"
        return "admitted" if operation.scopes and has_all else "403"
    if operation.access["member"] == "never":
        return "403"
    return "404" if operation.takes_what_somebody_owns and caller != owner else "admitted"


def cells(operation: Operation, *, owners: Sequence[str] = OWNERS) -> Iterator[Cell]:
    """Yield every cell of a route's rows: every caller, for what is each owner's, or once for a collection."""
    for owner in owners if operation.takes_what_somebody_owns else owners[:1]:
        for caller in CALLERS:
            yield Cell(caller=caller, owner=owner, expected=expected(operation, caller=caller, owner=owner))
