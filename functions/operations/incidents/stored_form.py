"""Incidents as JSON, the form in which the table has them."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from functions.operations.incidents.domain import Firing, Incident, Told
from functions.shared.documents import known_values

_TIMES = ("fired_at", "again_at", "ended_at")


def to_json(incident: Incident) -> dict[str, Any]:
    """Return an incident as JSON; times are text."""
    return {"firings": [_plain(firing) for firing in incident.firings]}


def from_json(stored: Mapping[str, Any]) -> Incident:
    """Return the incident that `to_json` wrote."""
    return Incident(firings=tuple(_firing(each) for each in stored["firings"]))


def _plain(firing: Firing) -> dict[str, Any]:
    times = {name: at.isoformat() if (at := getattr(firing, name)) else None for name in _TIMES}
    return asdict(firing) | times


def _firing(stored: Mapping[str, Any]) -> Firing:
    times = {name: datetime.fromisoformat(stored[name]) if stored[name] else None for name in _TIMES}
    told = Told(**known_values(Told, stored["told"]))
    return Firing(**known_values(Firing, stored) | times | {"told": told})
