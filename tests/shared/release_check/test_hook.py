"""The hook: the verdict that CodeDeploy gets, and the line that tells it."""

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any

import pytest

from functions.shared.release_check.calls import Outcome
from functions.shared.release_check.hook import judge
from functions.shared.release_check.release import CHECKS_BEFORE, MARGIN_S, PAUSE_MINUTES, Clock, Live

PAUSE_S = PAUSE_MINUTES * 60
EVENT = {"DeploymentId": "d-1", "LifecycleEventHookExecutionId": "e-1"}
REQUEST = {"method": "GET", "path": "/orders", "status": 200, "within_ms": 100}
CHECKS = {
    "service": "orders",
    "path": "/orders",
    "scopes": [],
    "functions": {
        "api": {"requests": [REQUEST]},
        "consumer-of-all": {"batches": [{"name": "an empty batch", "records": []}]},
    },
}
DOCUMENT: dict[str, Any] = {
    "paths": {path: {"get": {"responses": {"200": {"content": {"application/json": {}}}}}} for path in
              ("/orders", "/orders/health", "/orders/openapi.json")}
}  # fmt: skip


NEVER = 1_000_000


class FakePlatform:
    """AWS in memory: old versions and new ones answer as told."""

    def __init__(  # noqa: PLR0913 - each is a way of a release to go
        self,
        *,
        function: str,
        live: Live,
        fails_from: int = NEVER,
        ends_after: int = NEVER,
        late: Mapping[str, int] | None = None,
        moves_after: int = NEVER,
    ) -> None:
        self.function = function
        self._live = live
        self._moves_after = moves_after
        self._fails_from = fails_from
        self._late_every = late or {}
        self._ends_after = ends_after
        self.invoked: list[tuple[str, str]] = []
        self.asked = 0
        self.reported: list[tuple[str, str, bool]] = []

    def function_of(self, deployment_id: str) -> str:
        assert deployment_id == "d-1"
        return self.function

    def is_running(self, deployment_id: str) -> bool:
        assert deployment_id == "d-1"
        self.asked += 1
        return self.asked < self._ends_after

    def live(self, function: str) -> Live:
        assert function == self.function
        return BEFORE if len(self.invoked) >= self._moves_after else self._live

    def invoke(self, function: str, version: str, event: Mapping[str, Any]) -> Outcome:
        assert function == self.function
        self.invoked.append((version, event.get("path", "batch")))
        if version == "2" and len(self.invoked) >= self._fails_from:
            return Outcome(value=None, error="Runtime.ExitError", duration_ms=1)
        if "Records" in event:
            return Outcome(value={"batchItemFailures": []}, error=None, duration_ms=1)
        answer = {
            "statusCode": 200 if "rehearsal" in event else 401,
            "multiValueHeaders": {"content-type": ["application/json"]},
            "body": json.dumps(DOCUMENT),
            "isBase64Encoded": False,
        }
        calls = sum(each == version for each, _ in self.invoked)
        is_late = calls % self._late_every.get(version, NEVER) == 0
        return Outcome(value=answer, error=None, duration_ms=30_000 if is_late else 1)

    def report(self, deployment_id: str, execution_id: str, *, succeeded: bool) -> None:
        self.reported.append((deployment_id, execution_id, succeeded))


class FakeClock:
    def __init__(self, *, timeout_s: float = 900) -> None:
        self.now_s = 0.0
        self._timeout_s = timeout_s

    def clock(self) -> Clock:
        return Clock(left_s=lambda: self._timeout_s - self.now_s, now_s=lambda: self.now_s, sleep=self._sleep)

    def _sleep(self, seconds: float) -> None:
        self.now_s += seconds


@pytest.fixture(autouse=True)
def _variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RELEASE_PREFIX", "platform-prod-orders-")
    monkeypatch.setenv("VERSION_API", "2")
    monkeypatch.setenv("VERSION_CONSUMER_OF_ALL", "2")
    monkeypatch.setenv("BAKE_MINUTES", "10")


def platform(*, live: Live, function: str = "api", **more: Any) -> FakePlatform:
    return FakePlatform(function=f"platform-prod-orders-{function}", live=live, **more)


BEFORE = Live(version="1", others=frozenset())
AFTER = Live(version="2", others=frozenset())


def told(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    [line] = capsys.readouterr().out.splitlines()
    found: dict[str, Any] = json.loads(line)
    return found


def test_before_traffic_the_new_version_is_checked_many_times_and_compared_with_the_serving_one(
    capsys: pytest.CaptureFixture[str],
) -> None:
    aws, time = platform(live=BEFORE), FakeClock()

    judge(EVENT, aws, CHECKS, clock=time.clock())

    assert aws.reported == [("d-1", "e-1", True)]
    assert aws.invoked[0] == ("1", "/orders/openapi.json")
    # The version that serves is only asked for its times.
    assert Counter(version for version, _ in aws.invoked[1:]) == {"2": CHECKS_BEFORE * 4, "1": CHECKS_BEFORE * 4}
    assert time.now_s == 0
    assert told(capsys) == {
        "level": "INFO",
        "message": "release check passed",
        "deployment_id": "d-1",
        "function": "platform-prod-orders-api",
        "version": "2",
        "checks": CHECKS_BEFORE,
    }


@pytest.mark.parametrize("live", [AFTER, Live(version="1", others=frozenset({"2"}))])
def test_after_traffic_the_version_is_checked_until_the_bake_ends(live: Live) -> None:
    aws, time = platform(live=live), FakeClock()

    judge(EVENT, aws, CHECKS, clock=time.clock())

    assert aws.reported == [("d-1", "e-1", True)]
    assert time.now_s == 600
    assert {version for version, _ in aws.invoked} == {"2"}
    assert len(aws.invoked) == (1 + 600 / PAUSE_S) * 4


def test_a_bake_keeps_pace_with_a_fast_release() -> None:
    aws, time = platform(live=AFTER), FakeClock()

    judge({**EVENT, "MinuteSeconds": 6.0}, aws, CHECKS, clock=time.clock())

    assert time.now_s == 60
    assert len(aws.invoked) == (1 + 600 / PAUSE_S) * 4


@pytest.mark.parametrize(
    ("late", "passes"),
    [({"2": 12}, False), ({"2": 60}, True), ({"1": 12, "2": 12}, True), ({"1": 12}, True)],
)
def test_a_version_that_is_slow_for_more_requests_than_the_one_that_serves_is_stopped(
    *, late: Mapping[str, int], passes: bool
) -> None:
    aws = platform(live=BEFORE, late=late)

    judge(EVENT, aws, CHECKS, clock=FakeClock().clock())

    assert aws.reported == [("d-1", "e-1", passes)]


def test_a_version_that_begins_to_fail_while_it_bakes_is_taken_back(capsys: pytest.CaptureFixture[str]) -> None:
    aws, time = platform(live=AFTER, fails_from=11), FakeClock()

    judge(EVENT, aws, CHECKS, clock=time.clock())

    assert aws.reported == [("d-1", "e-1", False)]
    assert time.now_s == 2 * PAUSE_S
    line = told(capsys)
    assert (line["level"], line["call"], line["got"]) == ("ERROR", "GET /orders", "Runtime.ExitError")


def test_a_bake_ends_when_codedeploy_has_ended_the_deployment() -> None:
    aws, time = platform(live=AFTER, ends_after=3), FakeClock()

    judge(EVENT, aws, CHECKS, clock=time.clock())

    assert time.now_s == 2 * PAUSE_S


def test_a_version_that_a_person_takes_the_traffic_from_does_not_count_as_released(
    capsys: pytest.CaptureFixture[str],
) -> None:
    aws, time = platform(live=AFTER, moves_after=8), FakeClock()

    judge(EVENT, aws, CHECKS, clock=time.clock())

    assert aws.reported == [("d-1", "e-1", False)]
    assert time.now_s == 3 * PAUSE_S
    line = told(capsys)
    assert (line["call"], line["expected"], line["got"]) == ("the alias", "version 2", "version 1")


def test_a_version_that_codedeploy_takes_the_traffic_from_ends_the_bake_quietly(
    capsys: pytest.CaptureFixture[str],
) -> None:
    # The alias moves a moment before the deployment ends.
    aws = platform(live=AFTER, moves_after=8, ends_after=3)

    judge(EVENT, aws, CHECKS, clock=FakeClock().clock())

    assert told(capsys)["message"] == "release check passed"


def test_the_verdict_comes_before_lambda_ends_the_function(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BAKE_MINUTES", "14")
    aws, time = platform(live=AFTER), FakeClock()

    judge(EVENT, aws, CHECKS, clock=time.clock())

    assert aws.reported == [("d-1", "e-1", True)]
    assert 900 - MARGIN_S - 2 * PAUSE_S <= time.now_s <= 900 - MARGIN_S


def test_without_a_bake_the_version_is_checked_once_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BAKE_MINUTES", "0")
    aws, time = platform(live=AFTER), FakeClock()

    judge(EVENT, aws, CHECKS, clock=time.clock())

    assert time.now_s == 0
    assert len(aws.invoked) == 4


def test_a_serving_version_that_fails_does_not_stop_its_repair() -> None:
    aws = platform(live=Live(version="2", others=frozenset()), fails_from=1)

    # The version that serves is the one that fails; version 3 repairs it.
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("VERSION_API", "3")
        judge(EVENT, aws, CHECKS, clock=FakeClock().clock())

    assert aws.reported == [("d-1", "e-1", True)]


def test_a_consumer_is_started_with_an_empty_batch() -> None:
    aws = platform(live=BEFORE, function="consumer-of-all")

    judge(EVENT, aws, CHECKS, clock=FakeClock().clock())

    assert aws.invoked == [("2", "batch")] * CHECKS_BEFORE
    assert aws.reported == [("d-1", "e-1", True)]


def test_a_check_that_breaks_is_reported_as_failed_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    aws = platform(live=BEFORE, function="unknown")

    judge(EVENT, aws, CHECKS, clock=FakeClock().clock())

    assert aws.reported == [("d-1", "e-1", False)]
    assert told(capsys)["error"] == "KeyError"
