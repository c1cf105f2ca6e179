"""The routes of users through the Lambda handler, on a table in memory."""

import io
import json

import pytest
from botocore.exceptions import EndpointConnectionError
from pynamodb.exceptions import PutError

from functions.shared.errors import Unavailable
from functions.users import wiring
from functions.users.domain import Profile, User
from functions.users.lambdas.api import app, handler
from functions.users.service import UserService
from tests.lambda_client import LambdaClient
from tests.tokens import member
from tests.users.fakes import FakeProfiles, FakeUserStore


def test_a_new_user_is_answered_with_where_and_which_version_it_is(users: LambdaClient) -> None:
    answer = users.post("/users", {"email": "Ada@Example.com", "name": " Ada "})

    assert answer.status == 201
    assert answer.headers["location"] == f"/users/{answer.json['id']}"
    assert answer.headers["etag"] == '"1"'
    assert answer.json["email"] == "Ada@example.com"
    assert answer.json["name"] == "Ada"
    assert answer.json["active"] is True
    assert users.get(answer.headers["location"]).json == answer.json


@pytest.mark.parametrize("around", [" ", "\xa0", "\u200b", "\ufeff", "\u202a", "\t\r\n"], ids=ascii)
def test_what_is_invisible_around_an_address_is_trimmed(users: LambdaClient, around: str) -> None:
    created = users.post("/users", {"email": f"{around}ada@example.com{around}", "locale": f"{around}en-GB{around}"})
    location = created.headers["location"]

    changed = users.patch(location, {"email": f"{around}bo@example.com{around}"}, headers={"If-Match": "*"})

    assert (created.status, created.json["email"], created.json["locale"]) == (201, "ada@example.com", "en-GB")
    assert (changed.status, changed.json["email"]) == (200, "bo@example.com")
    assert users.post("/users", {"email": f"{around}Bo@example.com"}).problem == "email-taken"


@pytest.mark.parametrize("name", ["\u0d30\u0d3e\u0d1c\u0d28\u0d4d\u200d", "\U0001f469\u200d\U0001f467"], ids=ascii)
def test_a_name_keeps_its_joiners(users: LambdaClient, name: str) -> None:
    created = users.post("/users", {"email": "ada@example.com", "name": f"\xa0{name}\u200b"})
    changed = users.patch(
        created.headers["location"], {"name": f" {name}{name} "}, headers={"If-Match": created.headers["etag"]}
    )

    assert (created.json["name"], changed.json["name"]) == (name, name + name)


def test_a_taken_address_conflicts(users: LambdaClient) -> None:
    users.post("/users", {"email": "ada@example.com"})

    answer = users.post("/users", {"email": "ADA@EXAMPLE.COM"})

    assert (answer.status, answer.problem) == (409, "email-taken")


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, ["body.email"]),
        ({"email": "ada"}, ["body.email"]),
        ({"email": 7}, ["body.email"]),
        ({"email": f"{'a' * 64}@{'b' * 250}.com"}, ["body.email"]),
        ({"email": "ada@example.com", "name": ""}, ["body.name"]),
        ({"email": "ada@example.com", "name": "a\x00b"}, ["body.name"]),
        ({"email": "ada@example.com", "name": "a" * 201}, ["body.name"]),
        ({"email": "ada@example.com", "name": "\u200b"}, ["body.name"]),
        ({"email": "ada@example.com", "name": "\u3164"}, ["body.name"]),
        ({"email": "ada@example.com", "name": "\u202eAda"}, ["body.name"]),
        ({"email": "ada@example.com", "name": "\ufeffAda"}, ["body.name"]),
        ({"email": "ada@example.com", "name": "A\x85B"}, ["body.name"]),
        ({"email": "ada@example.com", "name": "A\x92B"}, ["body.name"]),
        ({"email": "a\u200bda@example.com"}, ["body.email"]),
        ({"email": "\u200b"}, ["body.email"]),
        ({"email": "ada@example.com", "locale": "en_GB"}, ["body.locale"]),
        ({"email": "ada@example.com", "locale": ""}, ["body.locale"]),
        ({"email": "ada@example.com", "locale": "\u017fv"}, ["body.locale"]),
        ({"email": "ada@example.com", "locale": "\u212ao"}, ["body.locale"]),
        ({"email": "ada@example.com", "locale": "x-" + "a" * 34}, ["body.locale"]),
        ({"email": "ada@example.com", "admin": True}, ["body.admin"]),
        ({"email": None, "name": []}, ["body.email", "body.name"]),
        ([], ["body"]),
        (7, ["body"]),
    ],
)
def test_a_body_that_does_not_fit_names_each_bad_field(users: LambdaClient, body: object, fields: list[str]) -> None:
    answer = users.post("/users", body)

    assert (answer.status, answer.problem) == (422, "invalid-request")
    assert [error["field"] for error in answer.json["errors"]] == fields


@pytest.mark.parametrize(
    "body",
    [
        {f"field{number}": 1 for number in range(50_000)},
        {"x" * 900_000: 1},
        {"email": "".join(map(chr, range(0xE000, 0xF8FF))) + "@example.com"},
    ],
    ids=["fields", "name", "value"],
)
def test_a_body_that_does_not_fit_at_all_is_answered_briefly(users: LambdaClient, body: object) -> None:
    answer = users.post("/users", body)

    assert (answer.status, answer.problem) == (422, "invalid-request")
    assert len(answer.body) < 20_000


def test_a_body_that_is_no_json_is_malformed(users: LambdaClient) -> None:
    answer = users.post("/users", '{"email": ')

    assert (answer.status, answer.problem) == (400, "malformed-json")


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_another_content_type_is_not_read(users: LambdaClient, content_type: str) -> None:
    answer = users.post("/users", {"email": "ada@example.com"}, headers={"Content-Type": content_type})

    assert (answer.status, answer.problem) == (415, "unsupported-media-type")


def test_a_user_is_not_sent_again_to_a_client_that_has_the_version(users: LambdaClient) -> None:
    location = users.post("/users", {"email": "ada@example.com"}).headers["location"]

    answer = users.get(location, headers={"If-None-Match": '"1"'})

    assert (answer.status, answer.body, answer.headers["etag"]) == (304, b"", '"1"')
    assert users.get(location, headers={"If-None-Match": '"2"'}).status == 200


@pytest.mark.parametrize("user_id", ["nope", "01938b2e-7c4a-7d3f-9a51-4f0c2b6d8e10", "%00", "x" * 4000])
def test_a_wrong_id_is_not_found(users: LambdaClient, user_id: str) -> None:
    for answer in (
        users.get(f"/users/{user_id}"),
        users.patch(f"/users/{user_id}", {"name": "A"}, headers={"If-Match": "*"}),
        users.delete(f"/users/{user_id}"),
    ):
        assert (answer.status, answer.problem) == (404, "user-not-found")


def test_a_change_needs_a_precondition(users: LambdaClient) -> None:
    location = users.post("/users", {"email": "ada@example.com"}).headers["location"]

    answer = users.patch(location, {"name": "Ada"})

    assert (answer.status, answer.problem) == (428, "precondition-required")


@pytest.mark.parametrize(
    ("given", "canonical"),
    [
        ("FR", "fr"),
        ("en-gb", "en-GB"),
        ("SR-latn-rs", "sr-Latn-RS"),
        ("es-419", "es-419"),
        ("de-ch-1996", "de-CH-1996"),
        ("ar-u-NU-latn", "ar-u-nu-latn"),
        ("zh-cmn-hans-cn", "zh-cmn-Hans-CN"),
    ],
)
def test_a_locale_is_stored_in_canonical_case(users: LambdaClient, given: str, canonical: str) -> None:
    answer = users.post("/users", {"email": "ada@example.com", "locale": given})

    assert (answer.status, answer.json["locale"]) == (201, canonical)
    assert users.get(answer.headers["location"]).json["locale"] == canonical


def test_a_locale_can_be_changed_and_removed(users: LambdaClient) -> None:
    location = users.post("/users", {"email": "ada@example.com", "locale": "en"}).headers["location"]

    changed = users.patch(location, {"locale": "fr-FR"}, headers={"If-Match": '"1"'})
    removed = users.patch(location, {"locale": None}, headers={"If-Match": '"2"'})

    assert (changed.json["locale"], removed.json["locale"]) == ("fr-FR", None)


def test_a_change_answers_the_new_version(users: LambdaClient) -> None:
    location = users.post("/users", {"email": "ada@example.com"}).headers["location"]

    answer = users.patch(location, {"name": "Ada"}, headers={"If-Match": '"1"'})

    assert (answer.status, answer.headers["etag"], answer.json["name"]) == (200, '"2"', "Ada")
    assert answer.json["email"] == "ada@example.com"


@pytest.mark.parametrize("if_match", ['"2"', 'W/"1"', '"x"', '"7", "8"'])
def test_a_stale_precondition_fails(users: LambdaClient, if_match: str) -> None:
    location = users.post("/users", {"email": "ada@example.com"}).headers["location"]

    answer = users.patch(location, {"name": "Ada"}, headers={"If-Match": if_match})

    assert (answer.status, answer.problem) == (412, "stale-version")


def test_a_precondition_that_is_none_is_malformed(users: LambdaClient) -> None:
    location = users.post("/users", {"email": "ada@example.com"}).headers["location"]

    answer = users.patch(location, {"name": "Ada"}, headers={"If-Match": "1"})

    assert (answer.status, answer.problem) == (400, "invalid-header")


@pytest.mark.parametrize("body", [{"active": "no"}, {"active": 0}, {"active": None}, {"email": None}, {"id": "x"}])
def test_a_change_that_does_not_fit_is_refused(users: LambdaClient, body: object) -> None:
    location = users.post("/users", {"email": "ada@example.com"}).headers["location"]

    answer = users.patch(location, body, headers={"If-Match": "*"})

    assert (answer.status, answer.problem) == (422, "invalid-request")


def test_deleting_deactivates_and_can_be_repeated(users: LambdaClient) -> None:
    location = users.post("/users", {"email": "ada@example.com"}).headers["location"]

    assert [users.delete(location).status for _ in range(2)] == [204, 204]

    assert users.get(location).json["active"] is False


def test_deleting_honours_a_precondition(users: LambdaClient) -> None:
    location = users.post("/users", {"email": "ada@example.com"}).headers["location"]

    answer = users.delete(location, headers={"If-Match": '"9"'})

    assert (answer.status, answer.problem) == (412, "stale-version")


def test_the_list_is_paged_by_an_opaque_cursor(users: LambdaClient) -> None:
    created = [users.post("/users", {"email": f"user{number}@example.com"}).json for number in range(5)]

    seen = []
    query = {"limit": "2"}
    while True:
        page = users.get("/users", query=query).json
        seen.extend(page["items"])
        if page["next_cursor"] is None:
            break
        query["cursor"] = page["next_cursor"]

    assert seen == sorted(created, key=lambda user: str(user["id"]))


def test_the_list_shows_who_is_active(users: LambdaClient) -> None:
    here = users.post("/users", {"email": "here@example.com"}).json
    gone = users.post("/users", {"email": "gone@example.com"}).json
    users.delete(f"/users/{gone['id']}")

    answers = {active: users.get("/users", query={"active": active}).json["items"] for active in ("true", "false")}

    assert [user["id"] for user in answers["true"]] == [here["id"]]
    assert [user["id"] for user in answers["false"]] == [gone["id"]]


def test_a_cursor_of_another_query_is_refused(users: LambdaClient) -> None:
    for number in range(2):
        users.post("/users", {"email": f"user{number}@example.com"})
    cursor = users.get("/users", query={"limit": "1"}).json["next_cursor"]

    answer = users.get("/users", query={"limit": "1", "active": "true", "cursor": cursor})

    assert (answer.status, answer.problem) == (400, "invalid-cursor")


@pytest.mark.parametrize("forged", ["x", "", "WyJhIixbXV0.AAAA", "é"])
def test_a_forged_cursor_is_refused(users: LambdaClient, forged: str) -> None:
    answer = users.get("/users", query={"cursor": forged})

    assert (answer.status, answer.problem) == (400, "invalid-cursor")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"limit": "0"}, "query.limit"),
        ({"limit": "101"}, "query.limit"),
        ({"limit": "ten"}, "query.limit"),
        ({"active": "yes"}, "query.active"),
        ({"page": "2"}, "query.page"),
    ],
)
def test_a_query_that_does_not_fit_is_refused(users: LambdaClient, query: dict[str, str], field: str) -> None:
    answer = users.get("/users", query=query)

    assert (answer.status, answer.json["errors"][0]["field"]) == (422, field)


def test_a_table_that_is_away_is_answered_with_when_to_come_again() -> None:
    class AwayStore(FakeUserStore):
        def get(self, user_id: str) -> User:
            raise Unavailable from PutError(cause=EndpointConnectionError(endpoint_url=user_id))

    app.dependency_overrides[wiring.user_service] = lambda: UserService(AwayStore(), FakeProfiles())
    try:
        answer = LambdaClient(handler).get("/users/01938b2e-7c4a-7d3f-9a51-4f0c2b6d8e10")
    finally:
        app.dependency_overrides.clear()

    assert (answer.status, answer.problem) == (503, "unavailable")
    assert answer.headers["retry-after"] == "1"


def test_no_log_line_holds_an_address(users: LambdaClient, log: io.StringIO) -> None:
    users.post("/users", {"email": "secret@example.com", "name": "Secret Name"})
    users.post("/users", {"email": "secret@example.com"})
    users.post("/users", {"email": "secret@@example.com"})
    users.get("/users/secret@example.com")

    assert [json.loads(line)["status"] for line in log.getvalue().splitlines()] == [201, 409, 422, 404]
    assert "secret" not in log.getvalue().lower()


def test_a_member_reaches_their_own_account_alone(users: LambdaClient) -> None:
    store = FakeUserStore()
    ada = Profile(email="ada@example.com", email_is_verified=True, name="Ada")
    profiles = FakeProfiles(**{member("ada"): ada})
    app.dependency_overrides[wiring.user_service] = lambda: UserService(store, profiles)
    mine = users.by(member("ada")).get("/users/me")
    other = users.post("/users", {"email": "bob@example.com"}).json["id"]

    assert mine.headers["etag"] == '"1"'
    own, client = f"/users/{mine.json['id']}", users.by(member("ada"))
    assert client.get(own).json == mine.json
    assert client.patch(own, {"name": "Lady"}, headers={"If-Match": '"1"'}).json["name"] == "Lady"
    foreign = f"/users/{other}"
    refused = [
        client.get(foreign),
        client.patch(foreign, {"name": "Mine"}, headers={"If-Match": "*"}),
        client.delete(foreign),
    ]
    assert [(answer.status, answer.problem) for answer in refused] == [(404, "user-not-found")] * 3
    assert client.delete(own).status == 204
    again = client.patch(own, {"active": True}, headers={"If-Match": "*"})
    assert (again.status, again.problem) == (403, "reactivation-forbidden")
