"""The function `recorder` sends changes of alarms to the incidents, and all other events to the log of deployments."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from functions.operations import wiring
from functions.operations.incidents.recording import IncidentRecorder
from functions.operations.lambdas import recorder
from functions.operations.recording import Recorder
from tests.operations.events import stack_event
from tests.operations.fakes import FakeDeploymentStore, FakeEventLog
from tests.operations.incidents.alarms import FakeIncidentStore, alarm_event, state


@pytest.fixture
def stores(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[FakeIncidentStore, FakeEventLog]]:
    incidents, log = FakeIncidentStore(), FakeEventLog()
    monkeypatch.setattr(recorder, "incident_recorder", lambda: IncidentRecorder(incidents))
    monkeypatch.setattr(recorder, "recorder", lambda: Recorder(log, FakeDeploymentStore(), environment="prod"))
    yield incidents, log
    wiring.recorder.cache_clear()


def test_a_change_of_an_alarm_makes_an_incident_and_no_link_of_the_chain(
    stores: tuple[FakeIncidentStore, FakeEventLog],
) -> None:
    incidents, log = stores
    silent: dict[str, Any] = alarm_event("platform-prod-users-latency", state("INSUFFICIENT_DATA", 0), state("OK", 1))

    recorder.record(alarm_event("platform-prod-users-failures", state("OK", 0), state("ALARM", 1)))
    recorder.record(silent)
    recorder.record(json.loads(stack_event("UPDATE_IN_PROGRESS", 1).body))

    assert len(incidents.incidents) == 1
    assert len(log.links) == 1
