"""The grants of roles, statement by statement, and the calls that they cover.

The policies contain only statements that allow named actions. Any other statement is an error. moto is not used: it
takes a condition that is not met for a denial.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

KNOWN = {"Sid", "Effect", "Action", "Resource", "Condition"}

type Document = Mapping[str, Any]
# By the statement's id, then by the action.
type Reasons = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, kw_only=True)
class Call:
    """A call of a role; `allowed` is the decision of IAM, which a test may have changed by removing an action."""

    role: str
    action: str
    resource: str
    allowed: bool = True


@dataclass(frozen=True, kw_only=True)
class Grant:
    """One action that a role may call on the resources of a pattern; `reason` explains why no test calls it."""

    role: str
    sid: str
    action: str
    resource: str
    conditional: bool = False
    reason: str = ""

    def covers(self, call: Call) -> bool:
        """Return whether the grant allows a call; its condition was met if IAM allowed the call."""
        return (
            (self.role, self.action) == (call.role, call.action)
            and matches(self.resource, call.resource)
            and (call.allowed or not self.conditional)
        )


def matches(pattern: str, resource: str) -> bool:
    """Return whether a resource of a policy, with the wildcards `*` and `?`, matches an ARN."""
    parts = {"*": ".*", "?": "."}
    expression = "".join(parts.get(character, re.escape(character)) for character in pattern)
    return re.fullmatch(expression, resource, re.DOTALL) is not None


def grants_of(role: str, document: Document, reasons: Reasons) -> Iterator[Grant]:
    """Yield the grants of a policy.

    Raises:
        ValueError: A statement is not supported, or a reason has no grant.
    """
    found = [grant for each in _list(document["Statement"]) for grant in _grants_of_statement(role, each, reasons)]
    given = {(sid, action) for sid, of_statement in reasons.items() for action in of_statement}
    if unknown := given - {(grant.sid, grant.action) for grant in found}:
        raise ValueError(f"{role} has reasons without a grant: {sorted(unknown)}")
    yield from found


def _grants_of_statement(role: str, statement: Mapping[str, Any], reasons: Reasons) -> Iterator[Grant]:
    actions = [str(action) for action in _list(statement.get("Action", []))]
    if (
        statement["Effect"] != "Allow"
        or statement.keys() - KNOWN
        or any("*" in each or "?" in each for each in actions)
    ):
        raise ValueError(f"{role}: expected a statement that allows named actions on named resources, not {statement}")
    sid = str(statement.get("Sid", ""))
    for action in actions:
        for resource in _list(statement["Resource"]):
            yield Grant(
                role=role,
                sid=sid,
                action=action,
                resource=str(resource),
                conditional=bool(statement.get("Condition")),
                reason=reasons.get(sid, {}).get(action, ""),
            )


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
