"""The contract of the store of incidents, for the fake and for the repository on DynamoDB."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from functions.operations.errors import IncidentNotFound
from functions.operations.incidents.domain import Incident
from functions.operations.incidents.ports import IncidentStore
from functions.operations.incidents.recording import IncidentRecorder
from functions.operations.incidents.repository import IncidentRepository
from functions.shared.errors import StaleVersion
from functions.shared.messaging.inbox import AlreadySeen
from tests.newer_release import BESIDE_A_NEWER_RELEASE
from tests.operations.events import NOON
from tests.operations.incidents.alarms import STORY, FakeIncidentStore, fired, incidents_of

DAY = timedelta(days=1)


@pytest.fixture(params=["fake", "dynamodb", BESIDE_A_NEWER_RELEASE])
def store(request: pytest.FixtureRequest) -> IncidentStore:
    if request.param == "fake":
        return FakeIncidentStore()
    make_table: Callable[[str], None] = request.getfixturevalue("make_table")
    make_table("operations")
    return IncidentRepository()


def incident(minutes: float) -> Incident:
    [found] = incidents_of(fired("users-failures", minutes, minutes + 5))
    return found


def test_an_incident_is_kept_whole(store: IncidentStore) -> None:
    store.replace(0, save=[incident(0)], removed={})

    assert store.get(incident(0).incident_id) == incident(0)
    assert store.read_between(NOON - DAY, NOON + DAY) == (1, [incident(0)])


def test_incidents_are_read_by_the_time_at_which_they_were_opened(store: IncidentStore) -> None:
    store.replace(0, save=[incident(-20), incident(20), incident(0)], removed={})

    version, found = store.read_between(NOON, NOON + DAY)

    assert (version, found) == (1, [incident(0), incident(20)])


def test_a_writer_that_has_not_read_the_last_change_is_refused(store: IncidentStore) -> None:
    store.replace(0, save=[incident(0)], removed={})

    for version in (0, 2):
        with pytest.raises(StaleVersion):
            store.replace(version, save=[incident(20)], removed={incident(0).incident_id: "x"})

    assert store.read_between(NOON - DAY, NOON + DAY) == (1, [incident(0)])


def test_the_id_of_a_removed_incident_leads_to_the_one_in_its_place(store: IncidentStore) -> None:
    first, second, third = (incident(minutes) for minutes in (40, 20, 0))
    store.replace(0, save=[first], removed={})
    store.replace(1, save=[second], removed={first.incident_id: second.incident_id})
    store.replace(2, save=[third], removed={second.incident_id: third.incident_id})

    assert store.get(first.incident_id) == third
    assert store.read_between(NOON - DAY, NOON + DAY)[1] == [third]


def test_an_unknown_incident_is_not_found(store: IncidentStore) -> None:
    with pytest.raises(IncidentNotFound):
        store.get("20261123T120000000Z-users-failures")


def test_incidents_are_listed_in_pages_newest_first(store: IncidentStore) -> None:
    store.replace(0, save=[incident(minutes) for minutes in (20, 0, 40)], removed={})

    first = store.list_page(limit=2, after=None)
    second = store.list_page(limit=2, after=first.next_position)

    assert [*first.items, *second.items] == [incident(40), incident(20), incident(0)]
    assert second.next_position is None


def test_the_recorder_keeps_a_whole_story(store: IncidentStore) -> None:
    seen = 0
    for change in STORY[::-1]:
        try:
            IncidentRecorder(store).record(change)
        except AlreadySeen:
            seen += 1

    # An end tells of its begin, which then arrives later.
    assert seen == sum(change.ended_at is not None for change in STORY)

    assert store.read_between(NOON - DAY, NOON + DAY)[1] == incidents_of(STORY)
