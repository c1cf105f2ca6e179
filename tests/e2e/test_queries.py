"""Each query in queries/ runs on the platform and returns the documented rows."""

import base64
import json
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from operate.deployed.query_file import read_queries
from tests.e2e.platform_under_test import PlatformUnderTest
from tests.waiting import eventually

type Rows = list[dict[str, Any]]


class Story:
    """A user who is created and deactivated, and a member's account: the data that the queries find."""

    def __init__(self, platform: PlatformUnderTest) -> None:
        self.trace_id = uuid4().hex
        self.email = f"{uuid4().hex}@example.com"
        headers = {"traceparent": f"00-{self.trace_id}-00f067aa0ba902b7-01"}
        created = platform.gateway.post("/users", json={"email": self.email, "name": "Ada"}, headers=headers)
        self.user_id = created.json()["id"]
        self.request_id = created.headers["X-Request-Id"]
        platform.gateway.delete(created.headers["Location"])
        eventually(lambda: len(platform.activity(f"users/{self.user_id}")) == 2)
        me = platform.client("member").get("/users/me").json()
        self.account_id, self.account_email = me["id"], me["email"]


@pytest.fixture(scope="module")
def story(platform: PlatformUnderTest) -> Story:
    return Story(platform)


def ask(platform: PlatformUnderTest, name: str, **parameters: str) -> Rows:
    given = [f"{key}={value}" for key, value in parameters.items()]
    words = [sys.executable, "-m", "operate", "query", "--json", name, *given]
    done = subprocess.run(words, env=platform.environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def put_line(platform: PlatformUnderTest, function: str, **fields: str) -> None:
    """Write a line to the log of a function."""
    group = f"/aws/lambda/platform-local-{function}"
    stream = uuid4().hex
    logs = platform.aws("logs")
    logs.create_log_stream(logGroupName=group, logStreamName=stream)
    event = {"timestamp": int(time.time() * 1000), "message": json.dumps(fields)}
    logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=[event])


def subject_of(platform: PlatformUnderTest) -> str:
    """Return the subject of the member's token."""
    payload = platform.token("member").split(".")[1]
    return str(json.loads(base64.urlsafe_b64decode(payload + "=="))["sub"])


CASES: dict[str, Callable[[PlatformUnderTest, Story], bool]] = {}


def case(name: str) -> Callable[[Callable[[PlatformUnderTest, Story], bool]], None]:
    def add(check: Callable[[PlatformUnderTest, Story], bool]) -> None:
        CASES[name] = check

    return add


@case("account-by-email")
def _(platform: PlatformUnderTest, story: Story) -> bool:
    [row] = ask(platform, "account-by-email", email=story.email.upper())
    return (row["user_id"], row["active"], row["version"]) == (story.user_id, False, 2)


@case("account-of-subject")
def _(platform: PlatformUnderTest, story: Story) -> bool:
    [row] = ask(platform, "account-of-subject", subject=subject_of(platform))
    return (row["user_id"], row["email"]) == (story.account_id, story.account_email)


@case("inactive-users")
def _(platform: PlatformUnderTest, story: Story) -> bool:
    return story.email in [row["email"] for row in ask(platform, "inactive-users")]


@case("events-of-subject")
def _(platform: PlatformUnderTest, story: Story) -> bool:
    rows = ask(platform, "events-of-subject", subject=f"users/{story.user_id}")
    return [row["type"] for row in rows] == ["UserDeactivated.v1", "UserCreated.v1"]


@case("outbox")
def _(platform: PlatformUnderTest, story: Story) -> bool:
    subject = f"users/{story.user_id}"
    rows = ask(platform, "outbox", service="users", subject=subject)
    return [json.loads(row["envelope"])["subject"] for row in rows] == [subject, subject]


@case("request")
def _(platform: PlatformUnderTest, story: Story) -> bool:
    rows = ask(platform, "request", request_id=story.request_id)
    lines = [(row["service"], row["message"]) for row in rows]
    # Other services may also consume the event.
    return lines[:1] == [("users", "request")] and ("activity", "event consumed") in lines


@case("trace")
def _(platform: PlatformUnderTest, story: Story) -> bool:
    rows = ask(platform, "trace", trace_id=story.trace_id)
    return {row["service"] for row in rows} >= {"users", "activity"}


@case("slowest-requests")
def _(platform: PlatformUnderTest, _story: Story) -> bool:
    rows = [row for row in ask(platform, "slowest-requests") if (row["method"], row["route"]) == ("POST", "/users")]
    return int(rows[0]["requests"]) >= 1 and float(rows[0]["slowest_ms"]) >= float(rows[0]["p95_ms"]) > 0


@case("events-per-hour")
def _(platform: PlatformUnderTest, _story: Story) -> bool:
    return any(
        row["event_type"] == "UserDeactivated.v1" and int(row["events"]) for row in ask(platform, "events-per-hour")
    )


@case("environments")
def _(platform: PlatformUnderTest, _story: Story) -> bool:
    rows = {row["@log"].rpartition("/")[2]: row for row in ask(platform, "environments")}
    return int(rows["platform-local-users-api"]["environments"]) >= 1


@case("errors")
def _(platform: PlatformUnderTest, _story: Story) -> bool:
    request_id = uuid4().hex
    put_line(platform, "users-api", level="ERROR", service="users", message="unexpected error", request_id=request_id)
    return request_id in [row.get("request_id") for row in ask(platform, "errors")]


@case("errors-by-type")
def _(platform: PlatformUnderTest, _story: Story) -> bool:
    fault = uuid4().hex
    for request_id in ("r1", "r2"):
        put_line(platform, "users-api", level="ERROR", service="users", message="m", error=fault, request_id=request_id)
    [row] = [row for row in ask(platform, "errors-by-type") if row.get("error") == fault]
    return row["times"] == "2" and row["request_id"] in {"r1", "r2"}


@case("failed-requests")
def _(platform: PlatformUnderTest, _story: Story) -> bool:
    request_id = uuid4().hex
    fields = {"message": "request", "method": "GET", "route": "/users", "request_id": request_id}
    put_line(platform, "users-api", **fields, status="503")
    return [row["status"] for row in ask(platform, "failed-requests") if row["request_id"] == request_id] == ["503"]


@case("parked-events")
def _(platform: PlatformUnderTest, _story: Story) -> bool:
    reason = uuid4().hex
    put_line(platform, "users-relay", level="ERROR", service="users", message="event parked", reason=reason)
    return reason in [row["reason"] for row in ask(platform, "parked-events")]


@case("failed-messages")
def _(platform: PlatformUnderTest, _story: Story) -> bool:
    fault = uuid4().hex
    put_line(platform, "activity-consumer", level="ERROR", service="activity", message="event failed", error=fault)
    return [row["times"] for row in ask(platform, "failed-messages") if row["error"] == fault] == ["1"]


@pytest.mark.parametrize("name", read_queries())
def test_a_query_returns_the_documented_rows(name: str, platform: PlatformUnderTest, story: Story) -> None:
    # A line reaches the log shortly after the answer to its request.
    eventually(lambda: CASES[name](platform, story))
