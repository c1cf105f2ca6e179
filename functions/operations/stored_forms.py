"""Records as JSON, the form in which the table has them."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from functions.operations.domain import Deployment, Part, Request
from functions.shared.documents import known_values


def to_json(deployment: Deployment) -> dict[str, Any]:
    """Return a record as JSON; times are text."""
    return {
        "deployment_id": deployment.deployment_id,
        "environment": deployment.environment,
        "request": _plain(asdict(deployment.request)) if deployment.request else None,
        "parts": [_plain(asdict(part)) for part in deployment.parts],
    }


def from_json(stored: Mapping[str, Any]) -> Deployment:
    """Return the record that `to_json` wrote."""
    request = stored["request"]
    return Deployment(
        deployment_id=stored["deployment_id"],
        environment=stored["environment"],
        request=_request(request) if request else None,
        parts=tuple(_part(part) for part in stored["parts"]),
    )


def _plain(members: dict[str, Any]) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in members.items()}


def _request(stored: Mapping[str, Any]) -> Request:
    times = {name: datetime.fromisoformat(stored[name]) for name in ("at", "committed_at")}
    lists = {name: tuple(stored[name]) for name in ("stacks", "services")}
    return Request(**known_values(Request, stored) | times | lists)


def _part(stored: Mapping[str, Any]) -> Part:
    times = {
        name: datetime.fromisoformat(stored[name]) if stored[name] else None
        for name in ("started_at", "failed_at", "ended_at")
    }
    return Part(**known_values(Part, stored) | times | {"positions": tuple(stored["positions"])})
