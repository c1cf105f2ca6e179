from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.operations.incidents.domain import Change, Incident
from tests.operations.incidents.alarms import STORY, at, ends, fired, fires, incidents_of


def names(incident: Incident) -> list[str]:
    return [firing.alarm.removeprefix("platform-prod-") for firing in incident.firings]


def test_alarms_of_one_service_make_one_incident_that_ends_with_the_last() -> None:
    begun = [fires("users-failures", 0), fires("users-latency", 3)]

    [early] = incidents_of([*begun, ends("users-failures", 6, fired=0)])
    [late] = incidents_of([*begun, ends("users-failures", 6, fired=0), ends("users-latency", 9, fired=3)])

    assert (early.incident_id, early.ended_at) == ("20261123T120000000Z-users-failures", None)
    assert (late.incident_id, late.opened_at, late.ended_at) == (early.incident_id, at(0), at(9))
    assert names(late) == ["users-failures", "users-latency"]


def test_an_alarm_that_flaps_is_one_firing() -> None:
    changes = [change for start in range(0, 600, 10) for change in fired("users-failures", start, start + 3)]

    [incident] = incidents_of(changes)

    [firing] = incident.firings
    assert (firing.fired_at, firing.again_at, firing.ended_at) == (at(0), at(590), at(593))


def test_an_alarm_after_a_long_pause_is_another_incident() -> None:
    first, second = incidents_of([*fired("users-failures", 0, 5), *fired("users-failures", 15.1, 20)])

    assert (first.ended_at, second.opened_at) == (at(5), at(15.1))


def test_while_an_alarm_fires_others_of_its_service_join_it() -> None:
    [incident] = incidents_of([fires("users-failures", 0), *fired("users-api-errors", 300, 310)])

    assert incident.ended_at is None


def test_two_services_are_two_incidents() -> None:
    assert len(incidents_of([*fired("users-failures", 0, 5), *fired("files-failures", 1, 5)])) == 2


@pytest.mark.parametrize("shared", ["gateway-failures", "events-undelivered"])
@pytest.mark.parametrize("minutes", [-4, 4])
def test_a_shared_part_joins_what_begins_at_the_same_time(shared: str, minutes: int) -> None:
    [incident] = incidents_of([fires("users-failures", 0), fires(shared, minutes)])

    assert len(incident.services) == 2


def test_a_shared_part_leaves_what_began_long_before() -> None:
    assert len(incidents_of([fires("users-failures", 0), fires("gateway-failures", 6)])) == 2


def test_many_services_at_the_same_time_are_one_incident() -> None:
    changes = [fires(f"{name}-failures", minutes) for minutes, name in enumerate(("users", "files", "imports"))]

    assert [each.services for each in incidents_of(changes)] == [("users", "files", "imports")]


def test_an_alarm_that_fires_for_longer_than_a_week_attracts_no_new_ones() -> None:
    assert len(incidents_of([fires("users-failures", 0), fires("users-latency", 8 * 24 * 60)])) == 2


def test_an_end_without_its_begin_is_a_whole_incident() -> None:
    [incident] = incidents_of([ends("users-failures", 8, fired=2)])

    assert (incident.opened_at, incident.ended_at) == (at(2), at(8))


@pytest.mark.parametrize("minutes", [(5, 8), (8, 5)])
def test_of_two_ends_the_earlier_one_counts(minutes: tuple[float, float]) -> None:
    [incident] = incidents_of(ends("users-failures", each, fired=0) for each in minutes)

    assert incident.ended_at == at(5)


def test_a_firing_whose_end_is_lost_ends_before_the_next() -> None:
    changes = [fires("users-failures", 0), ends("users-failures", 50, fired=40)]

    [incident] = incidents_of(changes)
    assert (incident.ended_at, len(incident.alarms)) == (at(50), 1)

    first, second = incidents_of([*changes, ends("users-failures", 5, fired=0)])
    assert (first.ended_at, second.opened_at) == (at(5), at(40))


def test_times_that_differ_by_less_than_a_second_are_the_same_change() -> None:
    [incident] = incidents_of([fires("users-failures", 0), ends("users-failures", 5, fired=0.9 / 60)])

    assert len(incident.firings) == 1
    assert incident.ended_at == at(5)


@settings(max_examples=60, deadline=None)
@given(st.permutations(STORY), st.lists(st.sampled_from(STORY), max_size=8))
def test_order_and_repetition_do_not_matter(order: list[Change], again: list[Change]) -> None:
    assert incidents_of([*order, *again]) == incidents_of(STORY)


def test_the_story_makes_five_incidents() -> None:
    incidents = incidents_of(STORY)

    assert [each.services for each in incidents] == [
        ("users",),
        ("users",),
        ("files", "gateway", "exports"),
        ("imports", "users", "webhooks"),
        ("activity",),
    ]
    assert [each.ended_at is None for each in incidents] == [False, False, False, False, True]
    assert incidents[0].ended_at == at(20)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_history_ends_in_the_same_incidents_whatever_its_order(data: st.DataObject) -> None:
    alarms = ("users-failures", "users-latency", "files-failures", "gateway-failures", "exports-failures")
    history: list[Change] = []
    for alarm in alarms:
        now = data.draw(st.integers(0, 60))
        for _ in range(data.draw(st.integers(0, 4))):
            length, pause = data.draw(st.integers(1, 30)), data.draw(st.integers(1, 40))
            history += fired(alarm, now, now + length)
            now += length + pause
    order = data.draw(st.permutations(history))

    assert incidents_of(order) == incidents_of(history)
    assert all(each.ended_at and each.ended_at - each.opened_at < timedelta(days=1) for each in incidents_of(history))
