from collections.abc import Iterator
from datetime import timedelta

import pytest

from functions.operations import wiring
from functions.operations.lambdas.api import app, handler
from functions.operations.recording import Recorder
from functions.operations.service import OperationsService
from functions.shared.http.cursors import Cursors
from tests.lambda_client import LambdaClient
from tests.operations.events import NOON, requested, update
from tests.operations.fakes import FakeDeploymentStore, FakeEventLog
from tests.operations.stories import release

PROD = {"environment": "prod"}


@pytest.fixture
def log() -> FakeEventLog:
    return FakeEventLog()


@pytest.fixture
def store() -> FakeDeploymentStore:
    return FakeDeploymentStore()


@pytest.fixture
def recorder(log: FakeEventLog, store: FakeDeploymentStore) -> Recorder:
    return Recorder(log, store, environment="prod")


@pytest.fixture
def operations(log: FakeEventLog, store: FakeDeploymentStore) -> Iterator[LambdaClient]:
    service = OperationsService(log, store, clock=lambda: NOON + timedelta(hours=11))
    app.dependency_overrides[wiring.operations_service] = lambda: service
    app.dependency_overrides[wiring.cursors] = lambda: Cursors("deployments", key=lambda: "k" * 64)
    yield LambdaClient(handler)
    app.dependency_overrides.clear()


def record(recorder: Recorder, number: int) -> None:
    for event in release(number, number * 20):
        recorder.record(event)


def test_a_deployment_is_shown_with_its_request_its_parts_and_its_raw_events(
    operations: LambdaClient, recorder: Recorder
) -> None:
    record(recorder, 1)

    answer = operations.get("/operations/deployments/r-1-20")

    assert answer.status == 200
    assert (answer.json["environment"], answer.json["outcome"]) == ("prod", "succeeded")
    assert answer.json["request"]["branch"] == "main"
    [part] = answer.json["parts"]
    assert (part["stack"], part["state"]) == ("platform-prod-users", "UPDATE_COMPLETE")
    assert [event["source"] for event in answer.json["events"]] == ["operations", *["aws.cloudformation"] * 2]


def test_a_deployment_without_a_request_is_shown(operations: LambdaClient, recorder: Recorder) -> None:
    for event in update(1, operation="by-hand"):
        recorder.record(event)

    answer = operations.get("/operations/deployments/platform-prod-users.by-hand")

    assert (answer.status, answer.json["request"], answer.json["outcome"]) == (200, None, "succeeded")


def test_an_unknown_deployment_is_not_found(operations: LambdaClient) -> None:
    answer = operations.get("/operations/deployments/nope")

    assert (answer.status, answer.problem) == (404, "deployment-not-found")


@pytest.mark.parametrize("deployment_id", ["%20", "%F0%9F%98%80" * 300, "x" * 301])
def test_an_id_that_no_deployment_can_have_is_refused(operations: LambdaClient, deployment_id: str) -> None:
    answer = operations.get(f"/operations/deployments/{deployment_id}")

    assert (answer.status, answer.problem) == (422, "invalid-request")


def test_the_list_is_paged_newest_first(operations: LambdaClient, recorder: Recorder) -> None:
    for number in (1, 2, 3):
        record(recorder, number)

    first = operations.get("/operations/deployments", query={"limit": "2"}).json
    query = {"limit": "2", "cursor": first["next_cursor"]}
    second = operations.get("/operations/deployments", query=query).json

    assert [item["id"] for item in (*first["items"], *second["items"])] == ["r-3-60", "r-2-40", "r-1-20"]
    assert second["next_cursor"] is None
    assert "events" not in first["items"][0]


def test_a_deployment_that_bakes_has_no_outcome(operations: LambdaClient, recorder: Recorder) -> None:
    recorder.record(requested("r-1", 0))

    [item] = operations.get("/operations/deployments").json["items"]

    assert (item["outcome"], item["ended_at"]) == (None, None)


def test_each_kpi_has_its_definition_its_count_and_if_they_are_few_its_rows(
    operations: LambdaClient, recorder: Recorder
) -> None:
    record(recorder, 1)

    answer = operations.get("/operations/kpis", query=PROD)

    assert answer.status == 200
    kpis = {each["name"]: each for each in answer.json["kpis"]}
    assert len(kpis) == 7
    assert all(each["definition"] for each in kpis.values())
    assert (kpis["deployment_cycle_time"]["value"], kpis["deployment_cycle_time"]["count"]) == (360, 1)
    assert kpis["deployment_success_rate"]["value"] is None
    assert [row["deployment_id"] for row in kpis["deployment_success_rate"]["rows"]] == ["r-1-20"]


def test_the_rows_of_a_kpi_are_one_call_away_if_they_are_many(operations: LambdaClient, recorder: Recorder) -> None:
    for number in range(12):
        record(recorder, number)

    summary = operations.get("/operations/kpis", query=PROD).json["kpis"]
    answer = operations.get("/operations/kpis/deployment_success_rate", query=PROD)

    assert all(each["rows"] is None for each in summary if each["count"] == 12)
    assert (answer.json["value"], answer.json["count"], len(answer.json["rows"])) == (1, 12, 12)
    assert answer.json["rows"][0]["deployment_id"] == "r-11-220"
    assert operations.get(f"/operations/deployments/{answer.json['rows'][0]['deployment_id']}").status == 200


@pytest.mark.parametrize("days", ["7", "30", "90"])
def test_the_window_has_a_week_a_month_or_three(operations: LambdaClient, days: str) -> None:
    answer = operations.get("/operations/kpis", query={**PROD, "service": "users", "days": days})

    assert (answer.status, answer.json["days"], answer.json["service"]) == (200, int(days), "users")


@pytest.mark.parametrize(
    "query", [{}, {**PROD, "days": "8"}, {**PROD, "days": "soon"}, {**PROD, "service": "No"}, {**PROD, "more": "1"}]
)
def test_a_query_that_does_not_fit_is_refused(operations: LambdaClient, query: dict[str, str]) -> None:
    answer = operations.get("/operations/kpis", query=query)

    assert (answer.status, answer.problem) == (422, "invalid-request")


def test_an_unknown_kpi_is_not_found(operations: LambdaClient) -> None:
    answer = operations.get("/operations/kpis/happiness", query=PROD)

    assert (answer.status, answer.problem) == (404, "kpi-not-found")
    assert "change_lead_time" in answer.json["detail"]


def test_the_chain_is_checked(operations: LambdaClient, recorder: Recorder, log: FakeEventLog) -> None:
    record(recorder, 1)
    assert operations.get("/operations/chain").json == {
        "intact": True,
        "first": 1,
        "last": 3,
        "head": 3,
        "broken_at": None,
        "problem": None,
    }

    del log.events[log.links[1].position]

    answer = operations.get("/operations/chain").json
    assert (answer["intact"], answer["broken_at"]) == (False, 2)
