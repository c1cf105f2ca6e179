"""Bad input at the gateway: problem details, from the gateway or from a service."""

import gzip
from typing import Any

import httpx
import pytest

from tests.e2e.platform_under_test import PlatformUnderTest

JSON = {"Content-Type": "application/json"}
GZIP = {"Content-Encoding": "gzip"}


def problem(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["Content-Type"] == "application/problem+json", (answer.status_code, answer.text)
    body = answer.json()
    assert body["status"] == answer.status_code
    assert answer.headers["X-Request-Id"]
    return answer.status_code, body["type"].removeprefix("urn:problem-type:")


@pytest.mark.parametrize(
    ("method", "path", "sent", "expected"),
    [
        ("POST", "/users", {"content": "{", "headers": JSON}, (400, "malformed-json")),
        ("POST", "/users", {"content": "email=a", "headers": {"Content-Type": "text/plain"}}, (415, None)),
        ("POST", "/users", {"content": gzip.compress(b"{}"), "headers": JSON | GZIP}, (415, "unsupported-media-type")),
        ("GET", "/users", {"headers": {"X-Big": "a" * 70_000}}, (431, "headers-too-large")),
        ("POST", "/users", {"json": {"email": 7}}, (422, "invalid-request")),
        ("POST", "/users", {"json": {"email": "no-address"}}, (422, "invalid-request")),
        ("POST", "/users", {"json": {"email": "a@example.com", "more": 1}}, (422, "invalid-request")),
        ("POST", "/users", {"content": b"x" * 1_100_000, "headers": JSON}, (413, "body-too-large")),
        ("GET", "/users?cursor=forged", {}, (400, "invalid-cursor")),
        ("GET", "/users?limit=0", {}, (422, "invalid-request")),
        ("GET", "/users/nope", {}, (404, "user-not-found")),
        ("PUT", "/users", {"json": {}}, (405, "method-not-allowed")),
        ("GET", "/activity", {}, (422, "invalid-request")),
        ("GET", "/nothing/here", {}, (404, "not-found")),
        ("GET", "/usersandmore", {}, (404, "not-found")),
        ("GET", "/users/01938b2e-7c4a-7d3f-9a51-4f0c2b6d8e10/more", {}, (404, "not-found")),
    ],
)
def test_bad_input_is_answered_with_problem_details(
    platform: PlatformUnderTest, method: str, path: str, sent: dict[str, Any], expected: tuple[int, str | None]
) -> None:
    status, slug = problem(platform.gateway.request(method, path, **sent))

    assert status == expected[0]
    assert expected[1] in (slug, None)


@pytest.mark.parametrize(
    ("header", "slug"),
    [(None, "unauthenticated"), ("Basic YTpi", "invalid-token"), ("Bearer x", "invalid-token")],
)
def test_without_a_valid_token_the_answer_challenges(
    platform: PlatformUnderTest, header: str | None, slug: str
) -> None:
    answer = platform.client(None).get("/users", headers={"Authorization": header} if header else {})

    assert problem(answer) == (401, slug)
    assert answer.headers["WWW-Authenticate"].startswith('Bearer realm="platform"')


def test_a_stale_change_is_refused(platform: PlatformUnderTest, email: str) -> None:
    created = platform.gateway.post("/users", json={"email": email})
    location = created.headers["Location"]

    without = platform.gateway.patch(location, json={"name": "A"})
    first = platform.gateway.patch(location, json={"name": "A"}, headers={"If-Match": created.headers["ETag"]})
    second = platform.gateway.patch(location, json={"name": "B"}, headers={"If-Match": created.headers["ETag"]})

    assert problem(without) == (428, "precondition-required")
    assert first.status_code == 200
    assert problem(second) == (412, "stale-version")


def test_a_request_id_that_could_break_a_log_is_replaced(platform: PlatformUnderTest) -> None:
    for sent in ("a b", "x" * 200, "é"):
        answer = platform.gateway.get("/users/health", headers=[(b"X-Request-Id", sent.encode())])

        assert answer.headers["X-Request-Id"] != sent
    assert platform.gateway.get("/users/health", headers={"X-Request-Id": "mine"}).headers["X-Request-Id"] == "mine"
