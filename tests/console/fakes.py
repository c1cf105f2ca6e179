"""The ports of the console in memory."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from functions.console.domain import Alarm, Change, Live, Metric, Series, State, Window
from functions.console.platform import read_platform
from functions.shared.errors import ApiError

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
PLATFORM = json.dumps(
    {
        "prefix": "platform-test",
        "environment": "test",
        "url": "https://platform.test",
        "availability_percent": 99.0,
        "window_days": 30,
        "services": {
            "users": {"api": "api", "functions": ["api", "relay"], "letters": {"relay": None}},
            "ledger": {"api": None, "functions": ["consumer"], "letters": {"consumer": "ledger-consumer"}},
        },
    }
)
platform = read_platform(PLATFORM)


def alarm(name: str, state: State = "OK", **more: Any) -> Alarm:
    """Return an alarm of the platform, by the end of its name."""
    full = f"platform-test-{name}"
    usual = {
        "name": full,
        "service": platform.service_of(full),
        "description": f"Something is wrong with {name}.",
        "runbook": "docs/runbooks/alarms.md",
        "state": state,
        "since": NOON,
        "reason": "Threshold Crossed",
        "threshold": 2.0,
        "sign": ">",
        "metrics": ({"Id": "value"},),
    }
    return Alarm(**(usual | more))


@dataclass
class FakeMonitoring:
    """Alarms and metrics; `failing` is raised by every read."""

    alarms: list[Alarm] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    values: dict[str, float] = field(default_factory=dict)
    failing: ApiError | None = None
    reads: int = 0

    def list_alarms(self) -> Sequence[Alarm]:
        self._read()
        return self.alarms

    def find_alarm(self, name: str) -> Alarm | None:
        self._read()
        return next((each for each in self.alarms if each.name == name), None)

    def list_changes(self, alarm: str) -> Sequence[Change]:
        self._read()
        return self.changes if self.find_alarm(alarm) else []

    def read(self, metrics: Sequence[Metric], window: Window) -> Mapping[str, Series]:
        self._read()
        gap = (None,) * (window.count - 1)
        return {each.id: Series(window=window, values=(*gap, self.values.get(each.id))) for each in metrics}

    def read_alarm(self, alarm: Alarm, window: Window) -> Series:
        self._read()
        assert alarm in self.alarms
        return Series(window=window, values=(*(None,) * (window.count - 2), 1.0, 3.0))

    def _read(self) -> None:
        self.reads += 1
        if self.failing:
            raise self.failing


@dataclass
class FakeVersions:
    """The live versions of functions, by their full names."""

    live: dict[str, Live] = field(default_factory=dict)

    def list_live(self, functions: Sequence[str]) -> Mapping[str, Live]:
        return {name: self.live[name] for name in functions if name in self.live}


@dataclass
class FakeOperations:
    """The answers of the API of operations by path; it keeps the tokens and queries that it was sent."""

    answers: dict[str, Any] = field(default_factory=dict)
    failing: ApiError | None = None
    asked: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)

    def get(self, path: str, *, token: str, query: Mapping[str, str]) -> Any:
        self.asked.append((path, token, dict(query)))
        if self.failing:
            raise self.failing
        return self.answers[path]


def deployment(number: int, *, outcome: str | None = "succeeded", stack: str = "platform-test-users") -> dict[str, Any]:
    """Return a deployment in the form of the API."""
    at = NOON.isoformat()
    part = {
        "stack": stack,
        "system": "cloudformation",
        "operation": f"operation-{number}",
        "outcome": outcome,
        "state": "UPDATE_COMPLETE",
        "reason": "<b>no</b> more room" if outcome == "failed" else "",
        "started_at": at,
        "failed_at": at if outcome == "failed" else None,
        "ended_at": at,
    }
    request: dict[str, Any] = {
        "commit": f"{number:040d}",
        "committed_at": at,
        "branch": "main",
        "stacks": [stack],
        "services": ["users"],
        "artefacts": {},
        "requested_by": "ada",
        "approved_by": None,
        "workflow_run": None,
        "reason": None,
        "past_alarms": False,
        "rollback_of": None,
    }
    return {
        "id": f"deployment-{number}",
        "environment": "test",
        "outcome": outcome,
        "requested_at": at,
        "ended_at": at,
        "request": request,
        "parts": [part],
    }


INCIDENT: dict[str, Any] = {
    "id": "20261130T115500000Z-users-failures",
    "environment": "test",
    "severity": "urgent",
    "title": "[urgent] users: requests fail",
    "services": ["users"],
    "opened_at": NOON.isoformat(),
    "ended_at": None,
    "alarms_total": 1,
    "alarms_firing": 1,
    "alarms": [
        {
            "name": "platform-test-users-failures",
            "description": "More than 5 % of the requests to users fail.",
            "value": 9.0,
            "threshold": 5.0,
            "fired_at": NOON.isoformat(),
            "ended_at": None,
        }
    ],
    "changed": "users, 4 min before it began: 4bf92f3577 (main) by the role deploy, deployment deployment-1",
    "causes": [{"name": "release", "cause": "The last release of the service.", "evidence": "4 min before"}],
    "ruled_out": ["No alarm of the gateway fires."],
    "links": ["Runbook: docs/runbooks/alarms.md#failures"],
    "message": "[urgent] users: requests fail\n<b>no</b> markup",
}
KPI = {
    "name": "change_lead_time",
    "title": "Change lead time",
    "sets": ["dora"],
    "definition": "The time from a commit until it serves.",
    "unit": "seconds",
    "value": 5400.0,
    "count": 1,
    "rows": [{"deployment_id": "deployment-1", "at": NOON.isoformat(), "value": 5400.0, "ended_by": None}],
}
