"""The routes of files through the Lambda handler, on a table and a bucket in memory."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from functions.files import routes, wiring
from functions.files.domain import AcceptedObject, accept
from functions.files.lambdas.api import app, handler
from functions.files.repository import FileRepository
from functions.files.service import FileService
from functions.shared.aws.clients import client
from functions.shared.http.cursors import Cursors
from tests.files.fakes import FakeObjects
from tests.lambda_client import LambdaClient
from tests.tokens import machine, member

NEW = {"name": "Größe.csv", "content_type": "text/csv", "size_bytes": 4}


@pytest.fixture
def files(make_table: Callable[[str], None], monkeypatch: pytest.MonkeyPatch) -> Iterator[LambdaClient]:
    make_table("files")
    monkeypatch.setenv("TABLE_NAME", "files")
    service = FileService(FileRepository(), FakeObjects())
    app.dependency_overrides[wiring.file_service] = lambda: service
    app.dependency_overrides[routes.file_cursors] = lambda: Cursors("files", key=lambda: "k" * 64)
    app.dependency_overrides[routes.version_cursors] = lambda: Cursors("versions", key=lambda: "k" * 64)
    client.cache_clear()
    wiring.idempotent_requests.cache_clear()
    yield LambdaClient(handler, caller=member("ada"))
    app.dependency_overrides.clear()


def created(files: LambdaClient, **changes: object) -> Any:
    answer = files.post("/files", NEW | changes)
    assert answer.status == 201, answer.body
    return answer.json


def make_available(file_id: str) -> None:
    store = FileRepository()
    file = store.get(file_id)
    copy = AcceptedObject(bucket="files", key=f"files/{file_id}/1", object_version="v1", checksum_sha256="ab" * 32)
    store.replace(file, *accept(file, file.current, copy))


def test_a_new_file_is_answered_with_its_location_and_its_upload_form(files: LambdaClient) -> None:
    answer = files.post("/files", NEW)

    assert answer.status == 201
    file = answer.json
    assert (file["state"], file["number"], file["owner"]) == ("pending", 1, "ada")
    assert file["upload"]["fields"]["key"] == f"incoming/{file['id']}/1"
    assert answer.headers["location"] == f"/files/{file['id']}"
    assert answer.headers["etag"] == '"1"'
    assert answer.headers["cache-control"] == "no-store"
    assert files.get(answer.headers["location"]).json == file | {"upload": None}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "body.name"),
        ({"name": "a/b.csv"}, "body.name"),
        ({"name": "a\\b.csv"}, "body.name"),
        ({"name": ".."}, "body.name"),
        ({"name": "a\r\nX: y"}, "body.name"),
        ({"name": "gpj.\u202eexe"}, "body.name"),
        ({"name": "\u061ca.csv"}, "body.name"),
        ({"name": "\u200b"}, "body.name"),
        ({"name": "\ufeffa.csv"}, "body.name"),
        ({"name": "a\u2028.csv"}, "body.name"),
        ({"name": "ö" * 128}, "body.name"),
        ({"name": "x" * 256}, "body.name"),
        ({"content_type": "text/html"}, "body.content_type"),
        ({"content_type": "TEXT/CSV"}, "body.content_type"),
        ({"size_bytes": 0}, "body.size_bytes"),
        ({"size_bytes": "4"}, "body.size_bytes"),
        ({"size_bytes": 2_000_000_001}, "body.size_bytes"),
        ({"content_type": "image/png", "size_bytes": 20_000_001}, "body.size_bytes"),
        ({"checksum_sha256": "AB" * 32}, "body.checksum_sha256"),
        ({"checksum_sha256": "ab"}, "body.checksum_sha256"),
        ({"more": 1}, "body.more"),
    ],
)
def test_an_invalid_file_is_refused_with_the_field(files: LambdaClient, changes: dict[str, object], field: str) -> None:
    answer = files.post("/files", NEW | changes)

    assert (answer.status, answer.problem) == (422, "invalid-request")
    assert [error["field"] for error in answer.json["errors"]] == [field]


def test_the_largest_file_of_a_type_is_taken(files: LambdaClient) -> None:
    assert created(files, size_bytes=2_000_000_000)["size_bytes"] == 2_000_000_000


def test_a_name_is_kept_in_one_form_of_unicode(files: LambdaClient) -> None:
    assert created(files, name="\xa0Gro\u0308ße.csv\u200b ")["name"] == "Größe.csv"


def test_an_available_file_has_a_download_url(files: LambdaClient) -> None:
    file = created(files)
    make_available(file["id"])

    shown = files.get(f"/files/{file['id']}").json

    assert (shown["state"], shown["version"]) == ("available", 2)
    assert shown["download"]["url"].startswith(f"https://s3.test/files/{file['id']}/1?versionId=v1")
    assert "expires=300" in shown["download"]["url"]


def test_a_repeated_key_creates_one_file_and_a_new_form(files: LambdaClient) -> None:
    headers = {"Idempotency-Key": "k1"}
    first = files.post("/files", NEW, headers=headers)

    again = files.post("/files", NEW, headers=headers)

    assert again.status == 201
    assert again.headers["idempotency-replayed"] == "true"
    assert again.json["id"] == first.json["id"]
    assert again.json["upload"]["fields"] == first.json["upload"]["fields"]
    assert files.post("/files", NEW | {"size_bytes": 5}, headers=headers).problem == "idempotency-key-reused"


def test_idempotency_keys_of_two_callers_are_independent(files: LambdaClient) -> None:
    headers = {"Idempotency-Key": "k1"}
    first = files.post("/files", NEW, headers=headers)

    other = files.by(member("bob")).post("/files", NEW, headers=headers)

    assert other.status == 201
    assert other.json["id"] != first.json["id"]


def test_a_repeated_key_adds_one_version(files: LambdaClient) -> None:
    file = created(files)
    body = {"content_type": "text/csv", "size_bytes": 9}
    path = f"/files/{file['id']}/versions"

    first, again = (files.post(path, body, headers={"Idempotency-Key": "k1"}) for _ in range(2))

    assert first.status == again.status == 201
    assert first.json["number"] == again.json["number"] == 2
    assert first.headers["location"] == f"{path}/2"
    assert first.json["upload"]["fields"]["key"] == f"incoming/{file['id']}/2"
    assert files.get(first.headers["location"]).json == first.json | {"upload": None}


def test_a_version_has_no_name_of_its_own(files: LambdaClient) -> None:
    answer = files.post(f"/files/{created(files)['id']}/versions", NEW)

    assert (answer.status, answer.problem) == (422, "invalid-request")


def test_versions_are_listed_in_pages(files: LambdaClient) -> None:
    path = f"/files/{created(files)['id']}/versions"
    files.post(path, {"content_type": "text/csv", "size_bytes": 9})

    first = files.get(path, query={"limit": "1"}).json
    second = files.get(path, query={"limit": "1", "cursor": first["next_cursor"]}).json

    assert [item["number"] for item in first["items"] + second["items"]] == [2, 1]
    assert second["next_cursor"] is None


def test_a_member_lists_their_own_and_an_admin_all(files: LambdaClient) -> None:
    mine = [created(files)["id"] for _ in range(3)]
    bob = files.by(member("bob"))
    theirs = created(bob)["id"]

    first = files.get("/files", query={"limit": "2"}).json
    second = files.get("/files", query={"limit": "2", "cursor": first["next_cursor"]}).json

    assert [file["id"] for file in first["items"] + second["items"]] == sorted(mine)
    assert second["next_cursor"] is None
    assert [file["id"] for file in bob.get("/files").json["items"]] == [theirs]
    all_files = LambdaClient(handler).get("/files").json["items"]
    assert {file["id"] for file in all_files} == {*mine, theirs}


def test_a_cursor_of_one_caller_s_list_is_refused_in_another_s(files: LambdaClient) -> None:
    for _ in range(2):
        created(files)
    cursor = files.get("/files", query={"limit": "1"}).json["next_cursor"]

    assert files.by(member("bob")).get("/files", query={"cursor": cursor}).problem == "invalid-cursor"


def test_a_file_of_another_member_is_not_found_by_any_route(files: LambdaClient) -> None:
    path = f"/files/{created(files)['id']}"
    bob = files.by(member("bob"))

    answers = [
        bob.get(path),
        bob.delete(path),
        bob.get(f"{path}/versions"),
        bob.get(f"{path}/versions/1"),
        bob.post(f"{path}/versions", {"content_type": "text/csv", "size_bytes": 1}),
    ]

    assert {(answer.status, answer.problem) for answer in answers} == {(404, "file-not-found")}
    assert files.get(path).status == 200


def test_a_machine_needs_the_scope(files: LambdaClient) -> None:
    path = f"/files/{created(files)['id']}"

    assert files.by(machine("files/read")).get(path).status == 200
    assert files.by(machine("files/read")).delete(path).status == 403
    assert files.by(machine("files/write")).delete(path).status == 204


def test_a_deletion_honours_if_match(files: LambdaClient) -> None:
    path = f"/files/{created(files)['id']}"

    assert files.delete(path, headers={"If-Match": '"2"'}).problem == "stale-version"
    assert files.delete(path, headers={"If-Match": "x"}).problem == "invalid-header"
    assert files.delete(path, headers={"If-Match": '"1"'}).status == 204
    assert files.get(path).problem == "file-not-found"


@pytest.mark.parametrize(
    ("number", "expected"), [("1", 200), ("2", 404), ("0", 422), ("101", 422), ("x", 422), ("1.5", 422)]
)
def test_a_version_is_named_by_its_number(files: LambdaClient, number: str, expected: int) -> None:
    assert files.get(f"/files/{created(files)['id']}/versions/{number}").status == expected
