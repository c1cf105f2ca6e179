"""Changes of alarms for tests, in the form in which CloudWatch publishes them, and a store in memory."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from functions.operations.errors import IncidentNotFound
from functions.operations.incidents.alarm_events import change_of
from functions.operations.incidents.domain import Change, Firing, Incident, group, stamp, with_change
from functions.shared.errors import StaleVersion
from functions.shared.http.pages import Page
from tests.operations.events import NOON

if TYPE_CHECKING:
    from functions.operations.incidents.ports import IncidentStore


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def state(value: str, minutes: float, *, values: Sequence[float] = (7.5, 9.0), threshold: float = 5) -> dict[str, Any]:
    """Return a state as in the events of CloudWatch; only the state of a threshold has numbers."""
    told = {
        "value": value,
        "reason": f"Threshold Crossed: {len(values)} datapoints.",
        "timestamp": f"{at(minutes):%Y-%m-%dT%H:%M:%S}.000+0000",
    }
    if values:
        told["reasonData"] = json.dumps({"version": "1.0", "recentDatapoints": values, "threshold": threshold})
    return told


def alarm_event(
    alarm: str,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    *,
    description: str = "More than 5 % of the requests fail. Runbook: docs/runbooks/alarms.md",
) -> dict[str, Any]:
    """Return a "CloudWatch Alarm State Change"."""
    return {
        "version": "0",
        "id": "c4c1c1c9-6542-e61b-6ef0-8c4d36933a92",
        "detail-type": "CloudWatch Alarm State Change",
        "source": "aws.cloudwatch",
        "account": "111122223333",
        "time": f"{datetime.fromisoformat(after['timestamp']):%Y-%m-%dT%H:%M:%SZ}",
        "region": "eu-west-1",
        "resources": [f"arn:aws:cloudwatch:eu-west-1:111122223333:alarm:{alarm}"],
        "detail": {
            "alarmName": alarm,
            "configuration": {"description": description, "metrics": []},
            "previousState": dict(before),
            "state": dict(after),
        },
    }


def fires(name: str, minutes: float, *, okay_since: float = -600) -> Change:
    """Return the change of an alarm of prod, such as `users-failures`, to ALARM."""
    return _change(alarm_event(f"platform-prod-{name}", state("OK", okay_since), state("ALARM", minutes)))


def ends(name: str, minutes: float, *, fired: float) -> Change:
    """Return the change of an alarm of prod from ALARM to OK."""
    return _change(alarm_event(f"platform-prod-{name}", state("ALARM", fired), state("OK", minutes)))


def fired(name: str, start: float, end: float) -> list[Change]:
    """Return both changes of an alarm."""
    return [fires(name, start), ends(name, end, fired=start)]


def _change(event: Mapping[str, Any]) -> Change:
    change = change_of(event)
    assert change
    return change


def incidents_of(changes: Iterable[Change]) -> list[Incident]:
    """Return the incidents that changes make, one after the other."""
    firings: list[Firing] = []
    for change in changes:
        known = with_change(firings, change)
        firings = [firing for incident in group(known) for firing in incident.firings]
    return group(firings)


# Two alarms of users, of which one flaps; a long pause; the gateway with two services; a storm; one lonely alarm.
STORY = [
    *fired("users-failures", 0, 6),
    fires("users-failures", 12, okay_since=6),
    ends("users-failures", 20, fired=12),
    *fired("users-latency", 3, 9),
    *fired("users-failures", 120, 125),
    *fired("files-failures", 200, 230),
    *fired("gateway-failures", 203, 210),
    *fired("exports-failures", 204, 240),
    *(change for name in ("users", "imports", "webhooks") for change in fired(f"{name}-api-errors", 400, 420)),
    fires("activity-consumer-dead-letters", 600),
]


class FakeIncidentStore:
    """The `IncidentStore` in memory."""

    def __init__(self) -> None:
        self.incidents: dict[str, Incident] = {}
        self.moved: dict[str, str] = {}
        self.version = 0

    def read_between(self, start: datetime, end: datetime) -> tuple[int, Sequence[Incident]]:
        found = [each for name, each in sorted(self.incidents.items()) if stamp(start) <= name <= stamp(end)]
        return self.version, found

    def replace(self, version: int, *, save: Sequence[Incident], removed: Mapping[str, str]) -> None:
        if version != self.version:
            raise StaleVersion
        self.version += 1
        for incident_id in removed:
            del self.incidents[incident_id]
        self.incidents |= {incident.incident_id: incident for incident in save}
        self.moved |= removed

    def get(self, incident_id: str) -> Incident:
        while incident_id not in self.incidents:
            if incident_id not in self.moved:
                raise IncidentNotFound
            incident_id = self.moved[incident_id]
        return self.incidents[incident_id]

    def list_page(self, *, limit: int, after: str | None) -> Page[Incident]:
        found = sorted((name for name in self.incidents if after is None or name < after), reverse=True)
        items = [self.incidents[name] for name in found[:limit]]
        return Page(items=items, next_position=found[limit - 1] if len(found) > limit else None)


if TYPE_CHECKING:
    _: IncidentStore = FakeIncidentStore()
