"""What roles may do, statement by statement, and the calls that they cover.

moto's evaluation takes a statement whose condition is not met for a refusal, and the policies here have nothing but
statements that allow without wildcards in actions: what is more is an error, not a guess.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

KNOWN = {"Sid", "Effect", "Action", "Resource", "Condition"}

type Document = Mapping[str, Any]
# By the statement's name, then by the action.
type Reasons = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, kw_only=True)
class Call:
    """What a role called; `allowed` is what IAM said then, when a test may have taken a right away."""

    role: str
    action: str
    resource: str
    allowed: bool = True


@dataclass(frozen=True, kw_only=True)
class Grant:
    """One action that a role may take on what one pattern matches; `reason` says why no test sees it."""

    role: str
    sid: str
    action: str
    resource: str
    conditional: bool = False
    reason: str = ""

    def covers(self, call: Call) -> bool:
        """Tell whether it allows a call: a condition was met if IAM allowed the call when it was made."""
        return (
            (self.role, self.action) == (call.role, call.action)
            and matches(self.resource, call.resource)
            and (call.allowed or not self.conditional)
        )


def matches(pattern: str, resource: str) -> bool:
    """Tell whether a resource of a policy, with `*` and `?` as wildcards, names an ARN."""
    parts = {"*": ".*", "?": "."}
    expression = "".join(parts.get(character, re.escape(character)) for character in pattern)
    return re.fullmatch(expression, resource, re.DOTALL) is not None


def grants_of(role: str, document: Document, reasons: Reasons) -> Iterator[Grant]:
    """Take a policy apart.

    Raises:
        ValueError: It has what is not understood here, or a reason for what it does not allow.
    """
    found = [grant for each in _list(document["Statement"]) for grant in _grants_of_statement(role, each, reasons)]
    given = {(sid, action) for sid, of_statement in reasons.items() for action in of_statement}
    if unknown := given - {(grant.sid, grant.action) for grant in found}:
        raise ValueError(f"{role} has reasons for what it does not allow: {sorted(unknown)}")
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
