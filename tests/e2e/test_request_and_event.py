"""A request and its event, through every part of the platform."""

import ssl
from typing import Any

import httpx
import pytest

from tests.e2e.platform_under_test import SERVICES, PlatformUnderTest
from tests.waiting import eventually


def create(platform: PlatformUnderTest, email: str, **headers: str) -> Any:
    answer = platform.gateway.post("/users", json={"email": email}, headers=headers)
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_a_change_is_answered_stored_and_recorded_in_activity_with_its_request(
    platform: PlatformUnderTest, email: str
) -> None:
    created = platform.gateway.post("/users", json={"email": email, "name": "Ada"})
    location, request_id = created.headers["Location"], created.headers["X-Request-Id"]
    changed = platform.gateway.patch(location, json={"name": "Lady"}, headers={"If-Match": created.headers["ETag"]})
    deleted = platform.gateway.delete(location)

    assert [created.status_code, changed.status_code, deleted.status_code] == [201, 200, 204]
    assert platform.gateway.get(location).json()["active"] is False
    subject = f"users/{created.json()['id']}"
    eventually(lambda: len(platform.activity(subject)) == 3)
    entries = platform.activity(subject)
    assert [entry["type"] for entry in entries] == ["UserCreated.v1", "UserUpdated.v1", "UserDeactivated.v1"]
    assert entries[0]["request_id"] == request_id


def test_one_trace_runs_from_the_client_to_the_consumer(platform: PlatformUnderTest, email: str) -> None:
    trace_id = "4bf92f3577b34da6a3ce929d0e0e4736"
    user = create(platform, email, traceparent=f"00-{trace_id}-00f067aa0ba902b7-01")
    eventually(lambda: platform.activity(f"users/{user['id']}"))

    def lines(function: str) -> list[Any]:
        events = platform.aws("logs").filter_log_events(
            logGroupName=f"/aws/lambda/platform-local-{function}", filterPattern=f'"{trace_id}"'
        )["events"]
        return [event for event in events if trace_id in event["message"]]

    eventually(lambda: lines("users-api") and lines("activity-consumer"))


def test_the_same_idempotency_key_creates_once_through_the_gateway(platform: PlatformUnderTest, email: str) -> None:
    answers = [
        platform.gateway.post("/users", json={"email": email}, headers={"Idempotency-Key": email}) for _ in range(2)
    ]

    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert answers[1].headers["Idempotency-Replayed"] == "true"


def test_pages_follow_one_another_through_the_gateway(platform: PlatformUnderTest, email: str) -> None:
    created = {create(platform, f"{number}.{email}")["id"] for number in range(5)}
    # Few users are inactive; other tests leave thousands of active ones.
    for user_id in created:
        assert platform.gateway.delete(f"/users/{user_id}").status_code == 204

    seen: list[str] = []
    params: dict[str, str] = {"limit": "2", "active": "false"}
    while True:
        answer = platform.gateway.get("/users", params=params)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        seen += [user["id"] for user in page["items"]]
        if page["next_cursor"] is None:
            break
        params["cursor"] = page["next_cursor"]

    assert created <= set(seen)
    assert len(seen) == len(set(seen))
    assert seen == sorted(seen)


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_shows_its_health_its_docs_and_its_openapi_document(
    platform: PlatformUnderTest, service: str
) -> None:
    gateway = platform.gateway

    assert gateway.get(f"/{service}/health").json() == {"status": "ok", "service": service}
    assert gateway.get(f"/{service}/openapi.json").json()["openapi"].startswith("3.")
    assert "docs/swagger-ui-bundle.js" in gateway.get(f"/{service}/docs").text
    assert "SwaggerUIBundle" in gateway.get(f"/{service}/docs/swagger-ui-bundle.js").text


def test_head_is_answered_like_get_without_the_content(platform: PlatformUnderTest) -> None:
    got, head = (platform.gateway.request(method, "/users", params={"limit": "1"}) for method in ("GET", "HEAD"))

    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["Content-Type"] == got.headers["Content-Type"]


def test_each_encoding_of_a_user_has_its_own_tag_and_both_work_in_conditions(
    platform: PlatformUnderTest, email: str
) -> None:
    path = platform.gateway.post("/users", json={"email": email, "name": "\U0001f600" * 200}).headers["Location"]
    tags = {}
    for encoding in ("identity", "gzip"):
        answer = platform.gateway.get(path, headers={"Accept-Encoding": encoding})
        assert answer.headers.get("Content-Encoding", "identity") == encoding
        tags[encoding] = answer.headers["ETag"]
        unchanged = platform.gateway.get(path, headers={"If-None-Match": tags[encoding]})
        assert (unchanged.status_code, unchanged.headers["ETag"]) == (304, tags[encoding])
    assert tags == {"identity": '"1"', "gzip": '"1-gzip"'}

    for status in (200, 412):
        changed = platform.gateway.patch(path, json={"name": "Ada"}, headers={"If-Match": tags["gzip"]})
        assert changed.status_code == status


def test_a_client_that_does_not_know_the_local_ca_refuses_the_gateway(platform: PlatformUnderTest) -> None:
    with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
        httpx.get(f"{platform.described['gateway_url']}/users/health", verify=ssl.create_default_context())
