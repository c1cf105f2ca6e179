from collections.abc import Iterator
from datetime import timedelta

import pytest

from functions.operations import wiring
from functions.operations.incidents.recording import IncidentRecorder
from functions.operations.incidents.service import IncidentService
from functions.operations.lambdas.api import app, handler
from functions.operations.recording import Recorder
from functions.shared.http.cursors import Cursors
from tests.lambda_client import LambdaClient
from tests.operations.events import NOON
from tests.operations.fakes import FakeDeploymentStore, FakeEventLog
from tests.operations.incidents.alarms import FakeIncidentStore, fired, fires
from tests.operations.stories import release

ID = "20261123T120000000Z-users-failures"


@pytest.fixture
def store() -> FakeIncidentStore:
    return FakeIncidentStore()


@pytest.fixture
def deployments() -> FakeDeploymentStore:
    return FakeDeploymentStore()


@pytest.fixture
def operations(store: FakeIncidentStore, deployments: FakeDeploymentStore) -> Iterator[LambdaClient]:
    service = IncidentService(store, deployments, clock=lambda: NOON + timedelta(hours=1))
    app.dependency_overrides[wiring.incident_service] = lambda: service
    app.dependency_overrides[wiring.incident_cursors] = lambda: Cursors("incidents", key=lambda: "k" * 64)
    yield LambdaClient(handler)
    app.dependency_overrides.clear()


def test_an_incident_is_shown_with_its_alarms_its_cause_and_its_message(
    operations: LambdaClient, store: FakeIncidentStore, deployments: FakeDeploymentStore
) -> None:
    for event in release(1, -10):
        Recorder(FakeEventLog(), deployments, environment="prod").record(event)
    IncidentRecorder(store).record(fires("users-failures", 0))

    answer = operations.get(f"/operations/incidents/{ID}")

    assert answer.status == 200
    assert (answer.json["severity"], answer.json["services"], answer.json["ended_at"]) == ("urgent", ["users"], None)
    [alarm] = answer.json["alarms"]
    assert (alarm["name"], alarm["value"], alarm["threshold"]) == ("platform-prod-users-failures", 9, 5)
    assert answer.json["causes"][0]["name"] == "release"
    assert answer.json["message"].startswith("[urgent] users: requests fail\n")
    assert answer.json["links"][0] == "Runbook: docs/runbooks/alarms.md#failures"


def test_a_deployment_after_the_end_does_not_explain_an_incident(
    operations: LambdaClient, store: FakeIncidentStore, deployments: FakeDeploymentStore
) -> None:
    for event in release(1, 30):
        Recorder(FakeEventLog(), deployments, environment="prod").record(event)
    for change in fired("users-failures", 0, 10):
        IncidentRecorder(store).record(change)

    answer = operations.get(f"/operations/incidents/{ID}").json

    assert answer["changed"].startswith("none of the last deployments")
    assert answer["ended_at"] == "2026-11-23T12:10:00Z"


def test_the_list_is_paged_newest_first(operations: LambdaClient, store: FakeIncidentStore) -> None:
    for minutes in (0, 40, 20):
        for change in fired("users-failures", minutes, minutes + 5):
            IncidentRecorder(store).record(change)

    first = operations.get("/operations/incidents", query={"limit": "2"}).json
    second = operations.get("/operations/incidents", query={"limit": "2", "cursor": first["next_cursor"]}).json

    opened = [item["opened_at"] for item in (*first["items"], *second["items"])]
    assert opened == ["2026-11-23T12:40:00Z", "2026-11-23T12:20:00Z", "2026-11-23T12:00:00Z"]
    assert second["next_cursor"] is None
    assert (first["items"][0]["alarms_total"], first["items"][0]["alarms_firing"]) == (1, 0)


def test_an_unknown_incident_is_not_found(operations: LambdaClient) -> None:
    answer = operations.get("/operations/incidents/nope")

    assert (answer.status, answer.problem) == (404, "incident-not-found")


@pytest.mark.parametrize("incident_id", ["%20", "a%2Fb", "x" * 301])
def test_an_id_that_no_incident_can_have_is_refused(operations: LambdaClient, incident_id: str) -> None:
    answer = operations.get(f"/operations/incidents/{incident_id}")

    assert (answer.status, answer.problem) in {(422, "invalid-request"), (404, "not-found")}


def test_a_cursor_of_deployments_is_refused(operations: LambdaClient) -> None:
    cursor = Cursors("deployments", key=lambda: "k" * 64).seal("x", query={})

    answer = operations.get("/operations/incidents", query={"cursor": cursor})

    assert (answer.status, answer.problem) == (400, "invalid-cursor")
