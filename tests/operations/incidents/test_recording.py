import json
from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.operations.errors import IncidentNotFound
from functions.operations.incidents.domain import Change, Incident
from functions.operations.incidents.recording import IncidentRecorder
from functions.operations.incidents.stored_form import to_json
from functions.shared.errors import StaleVersion, Unavailable
from functions.shared.messaging.inbox import AlreadySeen
from tests.operations.incidents.alarms import STORY, FakeIncidentStore, at, ends, fires, incidents_of

# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
LARGEST_ITEM_BYTES = 400 * 1024


def record(store: FakeIncidentStore, changes: Sequence[Change]) -> None:
    for change in changes:
        try:
            IncidentRecorder(store).record(change)
        except AlreadySeen:
            continue


@settings(max_examples=40, deadline=None)
@given(st.permutations(STORY), st.lists(st.sampled_from(STORY), max_size=6))
def test_late_doubled_and_reordered_changes_end_in_the_same_incidents(order: list[Change], again: list[Change]) -> None:
    store = FakeIncidentStore()

    record(store, [*order, *again])

    assert [store.incidents[name] for name in sorted(store.incidents)] == incidents_of(STORY)


def test_a_change_that_is_known_is_told_as_seen_and_writes_nothing() -> None:
    store = FakeIncidentStore()
    record(store, [fires("users-failures", 0)])

    with pytest.raises(AlreadySeen):
        IncidentRecorder(store).record(fires("users-failures", 0))

    assert store.version == 1


@pytest.mark.parametrize("alarms", [20, pytest.param(500, marks=pytest.mark.slow)])
def test_alarms_that_flap_all_at_once_make_one_incident_that_fits_an_item(alarms: int) -> None:
    store = FakeIncidentStore()
    names = [f"service{number % 50}-function{number}-dead-letters" for number in range(alarms)]

    for start in (0, 4):
        record(store, [fires(name, start) for name in names])
        record(store, [ends(name, start + 1, fired=start) for name in names])

    [incident] = store.incidents.values()
    assert (len(incident.firings), incident.ended_at) == (alarms, at(5))
    assert len(json.dumps(to_json(incident))) < LARGEST_ITEM_BYTES


def test_the_id_of_an_incident_that_joined_another_leads_to_it() -> None:
    store = FakeIncidentStore()
    record(store, [fires("users-failures", 3), fires("files-failures", 4)])
    assert len(store.incidents) == 2

    record(store, [fires("gateway-failures", 1)])

    [incident_id] = store.incidents
    assert incident_id.endswith("-gateway-failures")
    for earlier in store.moved:
        assert store.get(earlier).incident_id == incident_id
    assert len(store.moved) == 2
    with pytest.raises(IncidentNotFound):
        store.get("20261123T120000000Z-users-latency")


class OvertakenStore(FakeIncidentStore):
    """A store in which another recorder is faster, some times."""

    def __init__(self, other: Change, *, times: int) -> None:
        super().__init__()
        self._other, self._times = other, times

    def replace(self, version: int, *, save: Sequence[Incident], removed: Mapping[str, str]) -> None:
        if self._times:
            self._times -= 1
            self.version += 1
            self.incidents = {each.incident_id: each for each in incidents_of([self._other])}
            raise StaleVersion
        super().replace(version, save=save, removed=removed)


def test_two_recorders_at_the_same_time_make_one_incident() -> None:
    store = OvertakenStore(fires("users-latency", 1), times=1)

    IncidentRecorder(store).record(ends("users-failures", 9, fired=2))

    assert [len(each.firings) for each in store.incidents.values()] == [2]


def test_a_recorder_that_is_always_overtaken_gives_up() -> None:
    with pytest.raises(Unavailable):
        IncidentRecorder(OvertakenStore(fires("users-latency", 1), times=99)).record(fires("users-failures", 2))
