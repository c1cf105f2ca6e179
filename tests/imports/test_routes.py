"""The routes of imports through the Lambda handler, with a table in memory."""

import tomllib
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from functions.imports import wiring
from functions.imports.domain import FileVersion, Tally, conclude, record_chunk, refuse
from functions.imports.lambdas.api import app, handler
from functions.imports.parsing.chunks import Chunk
from functions.imports.parsing.encodings import Encoding
from functions.imports.parsing.lines import Position
from functions.imports.parsing.reasons import FileRefused, Reason, Refusal
from functions.imports.parsing.rows import Checkpoint, Reject
from functions.imports.repository import ImportRepository
from functions.imports.service import ImportService
from functions.shared.aws.clients import client
from functions.shared.http.cursors import Cursors
from tests import tokens
from tests.idempotency import forget_answers
from tests.imports.fakes import FakeImportObjects
from tests.imports.pipeline import FILE_ID
from tests.lambda_client import LambdaClient

MANIFEST = Path(__file__).parents[2] / "functions/imports/service.toml"
BODY = {"file_id": FILE_ID, "target": "users", "mapping": {"E-mail": "email"}}


@pytest.fixture
def imports(make_table: Callable[[str], None], monkeypatch: pytest.MonkeyPatch) -> Iterator[LambdaClient]:
    make_table("imports")
    monkeypatch.setenv("TABLE_NAME", "imports")
    app.dependency_overrides[wiring.cursors] = lambda: Cursors("imports", key=lambda: "k" * 64)
    app.dependency_overrides[wiring.import_service] = lambda: ImportService(ImportRepository(), FakeImportObjects())
    client.cache_clear()
    wiring.idempotent_creation.cache_clear()
    yield LambdaClient(handler)
    app.dependency_overrides.clear()


@pytest.fixture(autouse=True)
def file(imports: LambdaClient) -> None:
    keep()


def keep(*, content_type: str = "text/csv", file_id: str = FILE_ID) -> None:
    file = FileVersion(file_id=file_id, owner="alice", key="k", version_id="v", size_bytes=1, content_type=content_type)
    ImportRepository().keep_file(file, number=1)


def test_an_import_is_accepted_with_the_location_to_follow_it(imports: LambdaClient) -> None:
    answer = imports.post("/imports", BODY)

    assert answer.status == 202
    assert answer.headers["location"] == f"/imports/{answer.json['id']}"
    assert answer.json["status"] == "reading"
    assert [answer.json[f"rows_{count}"] for count in ("read", "written", "rejected", "skipped")] == [0, 0, 0, 0]
    assert imports.get(answer.headers["location"]).json == answer.json


def test_the_format_follows_from_the_content_type_or_must_be_named(imports: LambdaClient) -> None:
    keep(content_type="application/pdf", file_id="01938b2e-ac4a-7d3f-9a51-4f0c2b6d8e11")

    answer = imports.post("/imports", {**BODY, "file_id": "01938b2e-ac4a-7d3f-9a51-4f0c2b6d8e11"})

    assert (answer.status, answer.problem) == (422, "unknown-format")


def test_an_unknown_file_is_not_found(imports: LambdaClient) -> None:
    answer = imports.post("/imports", {**BODY, "file_id": "unknown"})

    assert (answer.status, answer.problem) == (404, "file-unknown")
    assert answer.headers["retry-after"] == "2"


def test_the_same_import_conflicts_with_a_link_to_the_running_one(imports: LambdaClient) -> None:
    running = imports.post("/imports", BODY)

    answer = imports.post("/imports", BODY)

    assert (answer.status, answer.problem) == (409, "import-running")
    assert answer.headers["link"] == f'<{running.headers["location"]}>; rel="related"'


def test_a_request_that_crashed_before_its_answer_was_remembered_has_started_one_import(imports: LambdaClient) -> None:
    first = imports.post("/imports", BODY, headers={"Idempotency-Key": "one"})
    forget_answers("imports")

    again = imports.post("/imports", BODY, headers={"Idempotency-Key": "one"})
    other = imports.post("/imports", BODY, headers={"Idempotency-Key": "two"})

    assert (again.status, again.json) == (202, first.json)
    assert (other.status, other.problem) == (409, "import-running")
    assert len(imports.get("/imports").json["items"]) == 1


def test_a_repeated_idempotency_key_gets_the_same_answer(imports: LambdaClient) -> None:
    first = imports.post("/imports", BODY, headers={"Idempotency-Key": "one"})

    again = imports.post("/imports", BODY, headers={"Idempotency-Key": "one"})
    other = imports.post("/imports", {**BODY, "delimiter": ";"}, headers={"Idempotency-Key": "one"})

    assert (again.status, again.json, again.headers["idempotency-replayed"]) == (202, first.json, "true")
    assert (other.status, other.problem) == (422, "idempotency-key-reused")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"target": "files"}, "body.target"),
        ({"format": "xlsx"}, "body.format"),
        ({"mapping": {}}, "body.mapping"),
        ({"mapping": {"a": "name"}}, "body.mapping"),
        ({"mapping": {"a": "email", "b": "email"}}, "body.mapping"),
        ({"mapping": {"a": "id"}}, "body.mapping.a"),
        ({"mapping": ["email"]}, "body.mapping"),
        ({"delimiter": ""}, "body.delimiter"),
        ({"delimiter": '"'}, "body.delimiter"),
        ({"delimiter": "\n"}, "body.delimiter"),
        ({"delimiter": "::"}, "body.delimiter"),
        ({"encoding": "utf-7"}, "body.encoding"),
        ({"encoding": "iso-2022-jp"}, "body.encoding"),
        ({"encoding": "x" * 41}, "body.encoding"),
        ({"encoding": 7}, "body.encoding"),
        ({"has_header": False}, "body"),
        ({"has_header": False, "mapping": {"0": "email"}}, "body"),
        ({"has_header": False, "mapping": {"²": "email"}}, "body"),
        ({"has_header": False, "mapping": {"1": "email"}, "format": "ndjson"}, "body"),
        ({"has_header": "no"}, "body.has_header"),
        ({"more": 1}, "body.more"),
    ],
)
def test_an_invalid_body_is_rejected_with_the_bad_field(
    imports: LambdaClient, change: dict[str, object], field: str
) -> None:
    answer = imports.post("/imports", {**BODY, **change})

    assert (answer.status, answer.problem) == (422, "invalid-request")
    assert [error["field"] for error in answer.json["errors"]] == [field]


def test_labels_of_the_same_encoding_ask_for_the_same_import(imports: LambdaClient) -> None:
    imports.post("/imports", {**BODY, "encoding": "latin-1"})

    for label in ("windows-1252", "ISO-8859-1", "cp1252"):
        assert imports.post("/imports", {**BODY, "encoding": label}).problem == "import-running"
    assert imports.post("/imports", {**BODY, "encoding": "Shift_JIS"}).status == 202


def test_a_refused_file_shows_what_is_wrong(imports: LambdaClient) -> None:
    location = imports.post("/imports", BODY).headers["location"]
    store = ImportRepository()
    import_ = store.get(location.rpartition("/")[2])
    store.replace(import_, *refuse(import_, FileRefused(Refusal.UNKNOWN_COLUMN, "Name the delimiter.", number=2)))

    assert imports.get(location).json["failure"] == {
        "reason": "unknown_column",
        "column": None,
        "column_number": 2,
        "detail": "Name the delimiter.",
    }


@pytest.mark.parametrize(("misencoded", "is_advised"), [(0, False), (1, False), (2, True), (150, True)])
def test_many_records_in_another_encoding_are_advised_to_name_it(
    imports: LambdaClient, misencoded: int, *, is_advised: bool
) -> None:
    location = imports.post("/imports", BODY).headers["location"]
    store = ImportRepository()
    import_ = store.get(location.rpartition("/")[2])
    rejects = [Reject(line, None, Reason.INVALID_ENCODING) for line in range(misencoded)]
    others = [Reject(line, None, Reason.TOO_FEW_FIELDS) for line in range(200 - misencoded)]
    checkpoint = Checkpoint(Position(1, 1), Encoding("utf-8"), None)
    after, events = record_chunk(import_, Chunk(checkpoint, rejected=rejects + others, is_last=True))
    store.replace(import_, after, events)

    advice = imports.get(location).json["advice"]

    assert (advice is not None) == is_advised
    if is_advised:
        assert f"{misencoded} of 200 records are not in UTF-8" in advice
        assert "windows-1252" in advice


def test_columns_are_numbered_without_a_header(imports: LambdaClient) -> None:
    answer = imports.post("/imports", {**BODY, "has_header": False, "mapping": {"2": "email"}})

    assert answer.status == 202


def test_a_member_cannot_start_imports_and_sees_only_those_of_their_own_files(imports: LambdaClient) -> None:
    theirs = imports.post("/imports", BODY).headers["location"]
    member = imports.by(tokens.member("bob"))

    assert member.post("/imports", BODY).status == 403
    assert member.get(theirs).problem == "import-not-found"
    assert member.post(f"{theirs}/cancel", {}).problem == "import-not-found"
    assert member.get("/imports").json["items"] == []
    assert len(imports.get("/imports").json["items"]) == 1
    owner = imports.by(tokens.member("alice"))
    assert owner.get(theirs).status == 200
    assert len(owner.get("/imports").json["items"]) == 1
    assert owner.post(f"{theirs}/cancel", {}).status == 202


NEEDED = ("imports/write", "files/read", "users/write")


def test_a_machine_client_needs_the_scope_of_everything_that_an_import_does(imports: LambdaClient) -> None:
    assert imports.by(tokens.machine(*NEEDED)).post("/imports", BODY).status == 202


@pytest.mark.parametrize("missing", NEEDED)
def test_a_machine_client_without_one_of_the_scopes_is_forbidden(imports: LambdaClient, missing: str) -> None:
    others = {"imports/read", "files/write", "users/read", *NEEDED} - {missing}

    answer = imports.by(tokens.machine(*others)).post("/imports", BODY)

    assert (answer.status, answer.problem) == (403, "forbidden")
    assert missing in answer.json["detail"]
    assert f'scope="{" ".join(NEEDED)}"' in answer.headers["www-authenticate"]


def test_a_machine_client_follows_and_cancels_imports_with_only_their_scopes(imports: LambdaClient) -> None:
    location = imports.post("/imports", BODY).headers["location"]

    assert imports.by(tokens.machine("imports/read")).get(location).status == 200
    assert imports.by(tokens.machine("imports/read", "imports/write")).post(f"{location}/cancel", {}).status == 202


def test_cancelling_an_import_again_changes_nothing(imports: LambdaClient) -> None:
    location = imports.post("/imports", BODY).headers["location"]

    answers = [imports.post(f"{location}/cancel", {}) for _ in range(2)]

    assert [answer.status for answer in answers] == [202, 202]
    assert answers[0].json == answers[1].json
    assert answers[0].json["status"] == "writing"


def test_an_import_that_is_over_shows_its_result(imports: LambdaClient) -> None:
    location = imports.post("/imports", BODY).headers["location"]
    store = ImportRepository()
    import_ = store.get(location.rpartition("/")[2])
    store.replace(import_, *conclude(import_, tally=Tally(written=3, rejected=1), rejects_key="rejects/1.csv"))

    answer = imports.get(location)

    assert (answer.json["status"], answer.json["rows_written"]) == ("completed", 3)
    assert answer.json["rejects_url"] == "https://s3.example/rejects/1.csv"
    assert imports.post(f"{location}/cancel", {}).problem == "import-over"


def test_a_rejects_file_is_linked_until_it_expires(imports: LambdaClient) -> None:
    location = imports.post("/imports", BODY).headers["location"]
    store = ImportRepository()
    import_ = store.get(location.rpartition("/")[2])
    ended, events = conclude(import_, tally=Tally(rejected=1), rejects_key="rejects/1.csv")
    rules = tomllib.loads(MANIFEST.read_text())["bucket"]["lifecycle"]
    [kept_days] = [rule["kept_days"] for rule in rules if rule["prefix"] == "rejects/"]
    store.replace(import_, replace(ended, updated_at=ended.updated_at - timedelta(days=kept_days)), events)

    answer = imports.get(location)

    assert (answer.json["rows_rejected"], answer.json["rejects_url"]) == (1, None)


def test_imports_are_listed_in_pages(imports: LambdaClient) -> None:
    for delimiter in ",;|":
        imports.post("/imports", {**BODY, "delimiter": delimiter})

    first = imports.get("/imports", query={"limit": "2"}).json
    second = imports.get("/imports", query={"limit": "2", "cursor": first["next_cursor"]}).json

    ids = [item["id"] for item in [*first["items"], *second["items"]]]
    assert ids == sorted(ids, reverse=True)
    assert len(ids) == 3
    assert second["next_cursor"] is None
    assert imports.get("/imports", query={"cursor": "made-up"}).problem == "invalid-cursor"


@pytest.mark.parametrize("import_id", ["unknown", "01938b2e-7c4a-7d3f-9a51-4f0c2b6d8e10"])
def test_an_unknown_import_is_not_found(imports: LambdaClient, import_id: str) -> None:
    assert imports.get(f"/imports/{import_id}").problem == "import-not-found"
