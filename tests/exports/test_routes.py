"""The routes of exports through the Lambda handler, with a table in memory."""

from collections.abc import Callable, Iterator

import pytest

from functions.exports import wiring
from functions.exports.domain import complete, fail
from functions.exports.lambdas.api import app, handler
from functions.exports.repository import ExportRepository
from functions.exports.service import ExportService
from functions.shared.aws.clients import client
from functions.shared.http.cursors import Cursors
from tests.exports.fakes import FakeExportObjects
from tests.idempotency import forget_answers
from tests.lambda_client import Answer, LambdaClient
from tests.tokens import admin, machine, member

USERS, ACTIVITY = {"source": "users"}, {"source": "activity"}


@pytest.fixture
def exports(make_table: Callable[[str], None], monkeypatch: pytest.MonkeyPatch) -> Iterator[LambdaClient]:
    make_table("exports")
    monkeypatch.setenv("TABLE_NAME", "exports")
    app.dependency_overrides[wiring.cursors] = lambda: Cursors("exports", key=lambda: "k" * 64)
    app.dependency_overrides[wiring.export_service] = lambda: ExportService(ExportRepository(), FakeExportObjects())
    client.cache_clear()
    wiring.idempotent_creation.cache_clear()
    yield LambdaClient(handler)
    app.dependency_overrides.clear()


def make_available(answer: Answer) -> None:
    export = ExportRepository().get(answer.json["id"])
    ExportRepository().replace(export, *complete(export))


def test_an_export_is_accepted_with_the_location_to_follow_it(exports: LambdaClient) -> None:
    answer = exports.post("/exports", USERS)

    assert answer.status == 202
    assert answer.headers["location"] == f"/exports/{answer.json['id']}"
    assert (answer.json["status"], answer.json["source"], answer.json["owner"]) == (
        "requested",
        "users",
        "administrator",
    )
    assert (answer.json["rows_written"], answer.json["size_bytes"]) == (0, 0)
    assert (answer.json["failure"], answer.json["download"]) == (None, None)
    assert exports.get(answer.headers["location"]).json == answer.json


def test_an_available_export_can_be_downloaded_for_five_minutes(exports: LambdaClient) -> None:
    made = exports.post("/exports", ACTIVITY)
    make_available(made)

    answer = exports.get(made.headers["location"])

    assert answer.json["status"] == "available"
    url = answer.json["download"]["url"]
    assert url.startswith(f"https://s3.example/exports/{made.json['id']}.ndjson?as=activity-")
    assert url.endswith("&for=300")
    assert exports.get("/exports").json["items"][0]["download"] is None


def test_a_failed_export_has_the_reason(exports: LambdaClient) -> None:
    made = exports.post("/exports", USERS)
    export = ExportRepository().get(made.json["id"])
    ExportRepository().replace(export, *fail(export, "too_large"))

    assert exports.get(made.headers["location"]).json["failure"] == "too_large"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "body.source"),
        ({"source": "webhooks"}, "body.source"),
        ({"source": ["users"]}, "body.source"),
        ({**USERS, "more": "users"}, "body.more"),
    ],
)
def test_an_invalid_body_is_rejected_with_the_bad_field(exports: LambdaClient, body: object, field: str) -> None:
    answer = exports.post("/exports", body)

    assert (answer.status, answer.problem) == (422, "invalid-request")
    assert [error["field"] for error in answer.json["errors"]] == [field]


def test_a_body_that_is_not_json_is_rejected(exports: LambdaClient) -> None:
    assert exports.post("/exports", "{").problem == "malformed-json"
    assert exports.post("/exports", "x", headers={"Content-Type": "text/plain"}).problem == "unsupported-media-type"


def test_the_same_key_starts_one_export(exports: LambdaClient) -> None:
    headers = {"Idempotency-Key": "k1"}
    first = exports.post("/exports", USERS, headers=headers)
    again = exports.post("/exports", USERS, headers=headers)
    other_body = exports.post("/exports", ACTIVITY, headers=headers)
    other_caller = exports.by(admin("other")).post("/exports", USERS, headers=headers)

    assert (first.status, again.status, other_caller.status) == (202, 202, 202)
    assert (again.json, again.headers["idempotency-replayed"]) == (first.json, "true")
    assert other_body.problem == "idempotency-key-reused"
    assert other_caller.json["id"] != first.json["id"]


def test_a_request_that_crashed_before_its_answer_was_remembered_has_started_one_export(exports: LambdaClient) -> None:
    headers = {"Idempotency-Key": "k1"}
    first = exports.post("/exports", USERS, headers=headers)
    forget_answers("exports")

    again = exports.post("/exports", USERS, headers=headers)
    other_body = exports.post("/exports", ACTIVITY, headers={"Idempotency-Key": "k2"})

    assert (again.status, again.json) == (202, first.json)
    assert other_body.json["id"] != first.json["id"]
    assert len(exports.get("/exports").json["items"]) == 2


def test_a_former_admin_gets_no_export_of_all_data_with_an_old_key(exports: LambdaClient) -> None:
    headers = {"Idempotency-Key": "k1"}
    before = exports.by(admin("ada")).post("/exports", USERS, headers=headers)

    after = exports.by(member("ada")).post("/exports", USERS, headers=headers)

    assert after.json["id"] != before.json["id"]
    assert exports.by(member("ada")).get(before.headers["location"]).problem == "export-not-found"


def test_members_export_their_own_account_and_no_activity(exports: LambdaClient) -> None:
    ada = exports.by(member("ada"))
    made = ada.post("/exports", USERS)
    refused = ada.post("/exports", ACTIVITY)

    assert made.status == 202
    assert ExportRepository().get(made.json["id"]).restricted_to == "ada"
    assert (refused.status, refused.problem) == (403, "forbidden")
    assert refused.json["detail"] == "Only people of the group admin may export activity."


def test_exports_of_other_callers_are_not_found(exports: LambdaClient) -> None:
    everything = exports.post("/exports", USERS)
    theirs = exports.by(member("grace")).post("/exports", USERS)
    ada = exports.by(member("ada"))
    mine = ada.post("/exports", USERS)

    for foreign in (everything, theirs):
        assert ada.get(foreign.headers["location"]).problem == "export-not-found"
        assert ada.request("POST", f"{foreign.headers['location']}/cancel").problem == "export-not-found"
    assert [item["id"] for item in ada.get("/exports").json["items"]] == [mine.json["id"]]
    assert ada.get(mine.headers["location"]).status == 200
    assert len(exports.get("/exports").json["items"]) == 3


@pytest.mark.parametrize("source", ["users", "activity"])
def test_a_machine_client_needs_the_scopes_of_exports_and_of_the_source(exports: LambdaClient, source: str) -> None:
    other = {"users": "activity", "activity": "users"}[source]
    body = {"source": source}
    confused = exports.by(machine("exports/write", "exports/read", f"{other}/read", f"{source}/write"))
    able = exports.by(machine("exports/write", "exports/read", f"{source}/read"))

    refused = confused.post("/exports", body)
    made = able.post("/exports", body)
    make_available(made)

    assert (refused.status, refused.problem) == (403, "forbidden")
    assert f'scope="{source}/read"' in refused.headers["www-authenticate"]
    assert made.status == 202
    assert ExportRepository().get(made.json["id"]).restricted_to is None
    # The client cannot download exports of other callers either.
    assert confused.get(made.headers["location"]).status == 403
    assert able.get(made.headers["location"]).json["download"]
    assert [item["download"] for item in confused.get("/exports").json["items"]] == [None]


def test_cancelling_again_changes_nothing_and_an_available_export_conflicts(exports: LambdaClient) -> None:
    made = exports.post("/exports", USERS)
    path = f"{made.headers['location']}/cancel"

    first, again = exports.request("POST", path), exports.request("POST", path)

    assert (first.status, again.status) == (200, 200)
    assert first.json == again.json
    assert first.json["status"] == "cancelled"
    over = exports.post("/exports", USERS)
    make_available(over)
    assert exports.request("POST", f"{over.headers['location']}/cancel").problem == "export-over"


def test_exports_are_listed_newest_first_in_pages(exports: LambdaClient) -> None:
    ids = sorted((exports.post("/exports", USERS).json["id"] for _ in range(5)), reverse=True)

    first = exports.get("/exports", query={"limit": "3"}).json
    second = exports.get("/exports", query={"limit": "3", "cursor": first["next_cursor"]}).json

    assert [item["id"] for item in first["items"] + second["items"]] == ids
    assert second["next_cursor"] is None
    assert exports.get("/exports", query={"cursor": "made-up"}).problem == "invalid-cursor"
    cursor = {"cursor": first["next_cursor"]}
    assert exports.by(member("ada")).get("/exports", query=cursor).problem == "invalid-cursor"


@pytest.mark.parametrize("export_id", ["unknown", "01938b2e-7c4a-7d3f-9a51-4f0c2b6d8e10"])
def test_an_unknown_export_is_not_found(exports: LambdaClient, export_id: str) -> None:
    assert exports.get(f"/exports/{export_id}").problem == "export-not-found"
    assert exports.request("POST", f"/exports/{export_id}/cancel").problem == "export-not-found"
