"""Each rule finds its cause, and stays silent without evidence."""

from datetime import timedelta

import pytest

from functions.operations.domain import Deployment
from functions.operations.incidents.causes import RULES, SHOWN, likely_causes, ruled_out
from functions.operations.incidents.situation import Situation
from functions.operations.joining import join
from functions.operations.recording import statements_of
from tests.operations.events import NOON, requested, update
from tests.operations.incidents.alarms import fires
from tests.operations.incidents.situations import gateway_released, released, situation


def evidence(rule: str, of: Situation) -> str | None:
    [found] = [each for each in RULES if each.name == rule]
    return found.find(of)


FAILURES = situation(fires("users-failures", 0))


@pytest.mark.parametrize(
    ("rule", "given", "expected"),
    [
        ("event-bus-key", situation(fires("events-undelivered", 0)), "events-undelivered fired"),
        (
            "gateway-release",
            situation(fires("gateway-failures", 0), deployments=gateway_released(-20)),
            "a change without a request reached gateway 20 min before gateway-failures fired",
        ),
        (
            "release",
            situation(fires("users-failures", 0), deployments=released(-4)),
            "4bf92f3577 (main) reached users 4 min before users-failures fired",
        ),
        ("gateway", situation(fires("gateway-cpu", 0)), "gateway-cpu fired"),
        (
            "account-concurrency",
            situation(*(fires(f"{name}-api-throttles", 0) for name in ("users", "files", "imports"))),
            "files-api-throttles, imports-api-throttles, users-api-throttles fired",
        ),
        (
            "shared-dependency",
            situation(*(fires(f"{name}-failures", 0) for name in ("users", "files", "imports"))),
            "3 services fired within minutes: files, imports, users",
        ),
        ("table-throttles", situation(fires("users-table-throttles", 0)), "users-table-throttles fired"),
        ("throttles", situation(fires("users-api-throttles", 0)), "users-api-throttles fired"),
        ("crash", situation(fires("users-api-errors", 0)), "users-api-errors fired"),
        (
            "earlier-release",
            situation(fires("users-failures", 0), deployments=released(-50)),
            "4bf92f3577 (main) reached users 50 min before users-failures fired",
        ),
        (
            "poison-message",
            situation(fires("activity-consumer-dead-letters", 0)),
            "activity-consumer-dead-letters fired",
        ),
        ("publishing", situation(fires("users-relay-parked", 0)), "users-relay-parked fired"),
        ("backlog", situation(fires("imports-runs-age", 0)), "imports-runs-age fired"),
        ("failing-requests", FAILURES, "users-failures fired"),
        ("slow-dependency", situation(fires("users-latency", 0)), "users-latency fired"),
    ],
    ids=lambda value: value if isinstance(value, str) and " " not in value else "",
)
def test_each_rule_finds_its_evidence(rule: str, given: Situation, expected: str) -> None:
    assert evidence(rule, given) == expected
    assert rule in [cause.name for cause in likely_causes(given)]


def test_every_rule_has_a_test_above() -> None:
    [mark] = test_each_rule_finds_its_evidence.pytestmark  # type: ignore[attr-defined] # set by the mark

    assert [case[0] for case in mark.args[1]] == [rule.name for rule in RULES]


@pytest.mark.parametrize("rule", [rule.name for rule in RULES if rule.name != "failing-requests"])
def test_no_rule_finds_evidence_in_failing_requests_alone(rule: str) -> None:
    assert evidence(rule, FAILURES) is None


@pytest.mark.parametrize(
    "deployments",
    [
        released(-61),
        released(10),
        released(-4, stack="platform-prod-files"),
        released(-4, stack="platform-dev-users"),
        gateway_released(-4),
    ],
    ids=["too early", "afterwards", "another service", "another environment", "the gateway"],
)
def test_a_release_that_cannot_be_the_cause_is_none(deployments: list[Deployment]) -> None:
    given = situation(fires("users-failures", 0), deployments=deployments)

    assert [cause.name for cause in likely_causes(given)] == ["failing-requests"]
    assert "No service of the incident was released within the hour before." in ruled_out(given)


def test_a_release_that_still_runs_counts_from_its_begin() -> None:
    events = [requested("r-1", -10), update(-3, operation="t")[0]]
    given = situation(fires("users-failures", 0), deployments=list(join(statements_of(events)).values()))

    assert "3 min before" in str(evidence("release", given))


def test_dead_letters_of_a_consumer_that_crashes_are_no_poison() -> None:
    given = situation(fires("users-consumer-errors", 0), fires("users-consumer-dead-letters", 2))

    assert [cause.name for cause in likely_causes(given)] == ["crash"]


def test_at_most_three_causes_are_shown() -> None:
    given = situation(
        fires("users-api-errors", 0),
        fires("users-api-throttles", 0),
        fires("users-relay-lag", 0),
        fires("users-latency", 0),
        deployments=released(-5),
    )

    assert [cause.name for cause in likely_causes(given)] == ["release", "throttles", "crash"]
    assert len(likely_causes(given)) == SHOWN


def test_a_person_reads_what_was_ruled_out() -> None:
    assert ruled_out(FAILURES) == [
        "No alarm of the gateway fires.",
        "Fewer than three services are affected.",
        "No function crashes or runs out of time.",
        "No service of the incident was released within the hour before.",
    ]
    assert situation(fires("users-failures", 0)).incident.opened_at == NOON + timedelta()
