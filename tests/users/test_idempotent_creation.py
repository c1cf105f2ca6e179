"""The creation of a user with an `Idempotency-Key`, through the Lambda handler, on a table in memory."""

import time

import boto3
import pytest
from botocore.exceptions import ClientError

from functions.shared.aws.clients import client
from tests.lambda_client import LambdaClient
from tests.tokens import admin


def test_the_same_idempotency_key_is_answered_alike_and_creates_once(users: LambdaClient) -> None:
    first = users.post("/users", {"email": "ada@example.com"}, headers={"Idempotency-Key": "key-1"})

    second = users.post("/users", {"email": "ada@example.com"}, headers={"Idempotency-Key": "key-1"})

    assert second.status == first.status == 201
    assert second.json == first.json
    assert second.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in first.headers
    assert second.headers["etag"] == first.headers["etag"]
    assert len(users.get("/users").json["items"]) == 1


def test_an_idempotency_key_is_remembered_for_a_day(users: LambdaClient) -> None:
    users.post("/users", {"email": "ada@example.com"}, headers={"Idempotency-Key": "key-1"})

    items = boto3.resource("dynamodb").Table("users").scan()["Items"]
    [expires_at] = [int(str(item["expires_at"])) for item in items if str(item["pk"]).startswith("users.create")]
    assert expires_at == pytest.approx(time.time() + 24 * 3600, abs=60)


def test_an_idempotency_key_with_another_body_is_refused(users: LambdaClient) -> None:
    users.post("/users", {"email": "ada@example.com"}, headers={"Idempotency-Key": "key-1"})

    answer = users.post("/users", {"email": "grace@example.com"}, headers={"Idempotency-Key": "key-1"})

    assert (answer.status, answer.problem) == (422, "idempotency-key-reused")


def test_a_refused_creation_is_not_remembered(users: LambdaClient) -> None:
    taken = users.post("/users", {"email": "ada@example.com"}).json
    refused = users.post("/users", {"email": "ada@example.com"}, headers={"Idempotency-Key": "key-1"})
    users.patch(f"/users/{taken['id']}", {"email": "other@example.com"}, headers={"If-Match": "*"})

    answer = users.post("/users", {"email": "ada@example.com"}, headers={"Idempotency-Key": "key-1"})

    assert refused.status == 409
    assert answer.status == 201


def test_a_request_still_in_progress_conflicts(users: LambdaClient) -> None:
    users.post("/users", {"email": "ada@example.com"}, headers={"Idempotency-Key": "key-1"})
    table = boto3.resource("dynamodb").Table("users")
    [record] = [item for item in table.scan()["Items"] if str(item["pk"]).startswith("users.create")]
    table.put_item(Item=record | {"status": "INPROGRESS", "in_progress_until_ms": 2**45})

    answer = users.post("/users", {"email": "ada@example.com"}, headers={"Idempotency-Key": "key-1"})

    assert (answer.status, answer.problem) == (409, "request-in-progress")
    assert answer.headers["retry-after"] == "1"


def test_a_creation_that_was_cut_off_is_found_by_its_key_and_body(users: LambdaClient) -> None:
    first = users.post("/users", {"email": "ada@example.com"}, headers={"Idempotency-Key": "key-1"})
    # The function ended after the transaction and before the answer was stored.
    table = boto3.resource("dynamodb").Table("users")
    [record] = [item for item in table.scan()["Items"] if str(item["pk"]).startswith("users.create")]
    table.delete_item(Key={"pk": record["pk"]})

    another_body = users.post("/users", {"email": "ada@example.com", "name": "A"}, headers={"Idempotency-Key": "key-1"})
    same = users.post("/users", {"email": "ada@example.com"}, headers={"Idempotency-Key": "key-1"})

    assert (another_body.status, another_body.problem) == (409, "email-taken")
    assert (same.status, same.json) == (201, first.json)


def test_a_table_that_cannot_remember_requests_is_unavailable_when_busy_and_a_fault_when_not_there(
    users: LambdaClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answers(code: str) -> tuple[int, str]:
        def refuse(**_: object) -> None:
            raise ClientError({"Error": {"Code": code}}, "PutItem")

        monkeypatch.setattr(client("dynamodb"), "put_item", refuse)
        answer = users.post("/users", {"email": "ada@example.com"}, headers={"Idempotency-Key": "key-1"})
        return answer.status, answer.problem

    assert answers("ThrottlingException") == (503, "unavailable")
    assert answers("AccessDeniedException") == (500, "internal-error")


@pytest.mark.parametrize("key", ["a b", "k" * 256])
def test_an_idempotency_key_of_another_form_is_refused(users: LambdaClient, key: str) -> None:
    answer = users.post("/users", {"email": "ada@example.com"}, headers={"Idempotency-Key": key})

    assert (answer.status, answer.json["errors"][0]["field"]) == (422, "header.idempotency-key")


def test_an_idempotency_key_is_one_caller_s_own(users: LambdaClient) -> None:
    key = {"Idempotency-Key": "same"}
    first = users.by(admin("one")).post("/users", {"email": "ada@example.com"}, headers=key)
    other = users.by(admin("two")).post("/users", {"email": "bob@example.com"}, headers=key)

    assert (first.status, other.status) == (201, 201)
    assert first.json["id"] != other.json["id"]
