"""The course of a release, as a drill keeps it."""

from dataclasses import replace

import pytest

from local.drill.row import Watched
from local.release.progress import FunctionRelease, Traffic

CANARY = FunctionRelease(
    function="api",
    deployment_id="d-1",
    status="InProgress",
    old_version="1",
    new_version="2",
    new_percent=10,
    steps={},
    alarms={},
    old=Traffic(requests=90, failures=0),
    new=Traffic(requests=10, failures=3),
    reason="",
    left_s=42.0,
)

ALARM = "One or more alarms have been activated. Activated alarms: platform-local-users-api-release-failures-7"


@pytest.mark.parametrize(
    ("reason", "by"),
    [
        (ALARM, "the alarm platform-local-users-api-release-failures-7"),
        ("The hook BeforeAllowTraffic answered Failed.", "the hook before traffic of api"),
        ("The hook AfterAllowTraffic answered Failed.", "the hook while it bakes of api"),
        ("", ""),
    ],
)
def test_the_first_cause_is_kept(reason: str, by: str) -> None:
    other = replace(CANARY, function="relay", status="Stopped", reason="A caller stopped the deployment.")
    with Watched() as watched:
        watched.show([])
        watched.show([CANARY, replace(CANARY, function="relay")])
        watched.show([other, replace(CANARY, status="Failed", reason=reason)])

    assert watched.by == by
    assert watched.seconds > 0


def test_a_release_that_only_a_caller_stopped_was_interrupted() -> None:
    stopped = replace(CANARY, status="Stopped", reason="A caller stopped the deployment.")
    failed = replace(CANARY, status="Failed", reason="The hook AfterAllowTraffic answered Failed.")

    for functions, expected in (([stopped], True), ([stopped, failed], False), ([CANARY], False)):
        watched = Watched()
        watched.show(functions)
        assert watched.was_interrupted == expected


def test_traffic_begins_with_the_first_deployment() -> None:
    began: list[bool] = []
    watched = Watched(begin=lambda: began.append(True))

    watched.show([])
    assert began == []
    watched.show([CANARY])
    watched.show([CANARY])
    assert began == [True]
