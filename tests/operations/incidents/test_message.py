from datetime import timedelta

from functions.operations.domain import Deployment
from functions.operations.incidents.causes import RULES
from functions.operations.incidents.domain import Change
from functions.operations.incidents.message import LONGEST_TITLE, Message, message_of
from functions.operations.joining import join
from functions.operations.recording import statements_of
from tests.operations.events import NOON, requested, update
from tests.operations.incidents.alarms import ends, fired, fires, incidents_of
from tests.operations.incidents.situations import gateway_released, released

MEANING = "More than 5 % of the requests fail."
COMMIT = "4bf92f3577 (main)"


def message(*changes: Change, deployments: list[Deployment] | None = None, minutes: float = 30) -> Message:
    [incident] = incidents_of(changes)
    return message_of(incident, deployments or [], now=NOON + timedelta(minutes=minutes))


def test_a_message_says_what_happens_what_changed_and_the_likely_cause() -> None:
    told = message(fires("users-failures", 0), fires("users-api-errors", 2), deployments=released(-4))
    causes = {rule.name: rule.cause for rule in RULES}
    told_id = "r-platform-prod-users--4"

    assert told.text().splitlines() == [
        "[urgent] users: requests fail",
        "Environment: prod · fires since 23 Nov 12:00 UTC, for 30 min",
        f"· users-failures: {MEANING} (9 against a threshold of 5) since 23 Nov 12:00 UTC",
        f"· users-api-errors: {MEANING} (9 against a threshold of 5) since 23 Nov 12:02 UTC",
        f"Changed last: users, 4 min before it began: {COMMIT} by the role deploy, deployment {told_id}",
        f"Likely cause: {causes['release']} Evidence: {COMMIT} reached users 4 min before users-failures fired.",
        "Or (2): The function crashes, runs out of time or out of memory. Evidence: users-api-errors fired.",
        f"Or (3): {causes['failing-requests']} Evidence: users-failures fired.",
        "Ruled out: No alarm of the gateway fires. Fewer than three services are affected.",
        "Runbook: docs/runbooks/alarms.md#failures",
        "Alarm: /console/alarms/platform-prod-users-failures",
        "Incident: /console/incidents/20261123T120000000Z-users-failures",
        "Thread: 20261123T120000000Z-users-failures",
    ]


def test_the_most_urgent_alarm_gives_the_title_even_if_it_fired_later() -> None:
    told = message(fires("users-consumer-age", 0), fires("users-latency", 5))

    assert told.title == "[urgent] users: requests are slow"
    assert told.links[0] == "Runbook: docs/runbooks/alarms.md#latency"


def test_a_ticket_waits_for_working_hours() -> None:
    assert (
        message(fires("activity-consumer-dead-letters", 0)).title == "[ticket] activity: some messages have no effect"
    )


def test_an_incident_of_several_services_says_how_many() -> None:
    told = message(*(fires(f"{name}-failures", 0) for name in ("users", "files", "imports")))

    assert told.title == "[urgent] files and 2 more: requests fail"


def test_the_thread_stays_the_same_until_the_end() -> None:
    early = message(fires("users-failures", 0))
    late = message(*fired("users-failures", 0, 95), minutes=600)

    assert early.thread_id == late.thread_id
    assert late.state == "ended 23 Nov 13:35 UTC, after 1 h 35 min"
    assert "OK since 23 Nov 13:35 UTC" in late.happening[0]


def test_an_alarm_of_an_unknown_kind_is_told_by_its_description_and_a_title_stays_short() -> None:
    told = message(fires("users-something", 0))
    assert told.title == "[ticket] users: More than 5 % of the requests fail."

    from_end = ends("users-something", 5, fired=0)
    long = message(Change(**{name: getattr(from_end, name) for name in Change.__slots__}))
    assert len(long.title) <= LONGEST_TITLE


def test_many_alarms_are_counted() -> None:
    told = message(*(fires(f"users-function{number}-errors", 0) for number in range(9)))

    assert told.happening[-1] == "4 more alarms"
    assert told.causes[0].evidence.endswith("and 6 more fired")


def test_a_rollback_during_the_incident_is_the_last_change() -> None:
    told = message(*fired("users-failures", 0, 20), deployments=[*released(-4), *released(12)])

    assert told.changed.startswith("users, 12 min after it began")


def test_the_gateway_counts_as_a_change_of_every_service() -> None:
    told = message(fires("users-failures", 0), deployments=gateway_released(-200))

    assert told.changed == "gateway, 3 h 20 min before it began: by hand, deployment platform-prod-gateway.123"


def test_without_a_deployment_it_says_so() -> None:
    assert message(fires("users-failures", 0)).changed.startswith("none of the last deployments")


def test_a_message_names_no_person() -> None:
    sessions = ("arn:aws:sts::111122223333:assumed-role/deploy/ada@example.org", "arn:aws:iam::1:user/ada", "ada")
    for requested_by in sessions:
        events = [requested("r-1", -6, requested_by=requested_by), *update(-5, operation="t")]
        told = message(fires("users-failures", 0), deployments=list(join(statements_of(events)).values()))

        assert "ada" not in told.text()
        assert "r-1" in told.changed
