"""The metrics of delivery: one value for each change of a stack that has ended."""

import json
from datetime import timedelta

import pytest

from functions.operations.delivery_metrics import Ended
from functions.operations.facts import RawEvent
from functions.operations.recording import Recorder
from functions.shared.messaging.inbox import AlreadySeen
from functions.shared.observability import write_metrics
from tests.operations.events import NOON, requested, stack_event, update
from tests.operations.fakes import FakeDeploymentStore, FakeEventLog


def ended(*events: RawEvent) -> list[Ended]:
    recorder = Recorder(FakeEventLog(), FakeDeploymentStore(), environment="prod")
    return [found for event in events if (found := recorder.record(event))]


def test_a_change_that_succeeds_has_its_times_from_the_request_and_the_commit() -> None:
    [found] = ended(requested("r", 0), *update(4, operation="o"))

    assert found.service == "users"
    assert found.at == NOON + timedelta(minutes=9)
    assert found.values == {"DeploymentSucceeded": 1, "DeploymentCycleTime": 540, "ChangeLeadTime": 3600 + 540}


def test_a_change_that_is_taken_back_has_failed_and_has_no_times() -> None:
    [found] = ended(
        requested("r", 0),
        stack_event("UPDATE_IN_PROGRESS", 1),
        stack_event("UPDATE_ROLLBACK_IN_PROGRESS", 5),
        stack_event("UPDATE_ROLLBACK_COMPLETE", 9),
    )

    assert found.values == {"DeploymentSucceeded": 0}


def test_a_change_without_a_request_has_no_times() -> None:
    [found] = ended(*update(4, operation="o"))

    assert found.values == {"DeploymentSucceeded": 1}


def test_a_rollback_by_hand_is_no_change() -> None:
    assert ended(requested("r", 0, rollback_of="users@41"), *update(4, operation="o")) == []


def test_a_second_delivery_counts_nothing() -> None:
    recorder = Recorder(FakeEventLog(), FakeDeploymentStore(), environment="prod")
    *_, last = update(4, operation="o")

    assert recorder.record(last) is not None
    with pytest.raises(AlreadySeen):
        recorder.record(last)


def test_the_line_has_the_time_of_the_end_and_the_service_of_the_stack(capsys: pytest.CaptureFixture[str]) -> None:
    [found] = ended(requested("r", 0), *update(4, operation="o"))

    write_metrics(found.values, at=found.at, service=found.service)

    line = json.loads(capsys.readouterr().out)
    [directive] = line["_aws"]["CloudWatchMetrics"]
    assert line["_aws"]["Timestamp"] == found.at.timestamp() * 1000
    assert (directive["Dimensions"], line["service"]) == ([["service"]], "users")
    units = {metric["Name"]: metric["Unit"] for metric in directive["Metrics"]}
    assert units == {"DeploymentSucceeded": "Count", "DeploymentCycleTime": "Seconds", "ChangeLeadTime": "Seconds"}
    assert line["DeploymentCycleTime"] == 540
