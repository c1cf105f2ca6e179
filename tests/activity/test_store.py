"""The contract of the `ActivityStore`, for the fake and for the repository on DynamoDB."""

import contextlib
import time
from typing import TYPE_CHECKING

import boto3
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from functions.activity.domain import Entry
from functions.activity.ports import ActivityStore
from functions.activity.repository import ActivityRepository
from functions.shared.identifiers import new_id
from functions.shared.interface.names import INBOX_KEPT_S
from functions.shared.messaging.inbox import AlreadySeen
from tests.activity.entries import entry
from tests.activity.fakes import FakeActivityStore
from tests.newer_release import BESIDE_A_NEWER_RELEASE

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture(params=["fake", "dynamodb", BESIDE_A_NEWER_RELEASE])
def store(request: pytest.FixtureRequest) -> ActivityStore:
    if request.param == "fake":
        return FakeActivityStore()
    make_table: Callable[[str], None] = request.getfixturevalue("make_table")
    make_table("activity")
    return ActivityRepository()


def test_an_entry_is_listed_whole(store: ActivityStore) -> None:
    kept = entry()

    store.add(kept)

    assert store.list_page("users/1", limit=10, after=None).items == [kept]


def test_an_event_is_kept_once(store: ActivityStore) -> None:
    kept = entry()
    store.add(kept)

    with pytest.raises(AlreadySeen):
        store.add(kept)

    assert store.list_page("users/1", limit=10, after=None).items == [kept]


def test_an_event_seen_before_stays_seen_even_if_it_now_says_something_else(store: ActivityStore) -> None:
    kept = entry(event_id="01938b2e-7c4a-7d3f-9a51-4f0c2b6d8e10")
    store.add(kept)

    with pytest.raises(AlreadySeen):
        store.add(entry(event_id=kept.event_id, minutes=5))

    assert store.list_page("users/1", limit=10, after=None).items == [kept]


def test_the_newest_comes_first_whatever_the_order_of_arrival(store: ActivityStore) -> None:
    early, middle, late = entry(minutes=0), entry(minutes=1), entry(minutes=2)

    for kept in (middle, late, early):
        store.add(kept)

    assert store.list_page("users/1", limit=10, after=None).items == [late, middle, early]


def test_nothing_is_the_latest_of_a_subject_that_nothing_happened_to(store: ActivityStore) -> None:
    store.add(entry(subject="users/1"))

    assert store.find_latest("users/2") is None


def test_a_late_event_is_kept_but_is_not_the_latest(store: ActivityStore) -> None:
    older, newer = entry(sequence=1), entry(sequence=2, minutes=1)

    store.add(newer)
    store.add(older)

    latest = store.find_latest("users/1")
    assert latest
    assert (latest.sequence, latest.event_id, latest.time, latest.type) == (2, newer.event_id, newer.time, newer.type)
    assert store.list_page("users/1", limit=10, after=None).items == [newer, older]


def test_a_late_event_that_comes_twice_is_known(store: ActivityStore) -> None:
    older, newer = entry(sequence=1), entry(sequence=2, minutes=1)
    for one in (newer, older):
        store.add(one)

    for one in (newer, older):
        with pytest.raises(AlreadySeen):
            store.add(one)

    assert store.list_page("users/1", limit=10, after=None).items == [newer, older]


def test_the_first_of_two_events_of_one_version_is_the_latest(store: ActivityStore) -> None:
    first, second = entry(sequence=3), entry(sequence=3, minutes=1)

    for one in (first, second):
        store.add(one)

    latest = store.find_latest("users/1")
    assert latest
    assert latest.event_id == first.event_id


# Few subjects and versions, so that they collide. The examples share a table, so each has subjects of its own.
DELIVERIES = st.lists(st.tuples(st.integers(0, 2), st.integers(1, 5)), min_size=1, max_size=12, unique=True).flatmap(
    lambda events: st.lists(st.sampled_from(events), min_size=len(events), max_size=3 * len(events))
)


@pytest.mark.slow
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(deliveries=DELIVERIES)
def test_whatever_order_events_come_in_and_how_often_the_latest_is_the_newest_so_far(
    store: ActivityStore, deliveries: list[tuple[int, int]]
) -> None:
    example = new_id()
    events = {
        (subject, sequence): entry(subject=f"users/{example}-{subject}", sequence=sequence, minutes=sequence)
        for subject, sequence in deliveries
    }
    newest: dict[int, int] = {}

    for subject, sequence in deliveries:
        with contextlib.suppress(AlreadySeen):
            store.add(events[subject, sequence])
        newest[subject] = max(newest.get(subject, 0), sequence)
        latest = store.find_latest(f"users/{example}-{subject}")
        assert latest
        assert latest.event_id == events[subject, newest[subject]].event_id

    for subject in newest:
        kept = store.list_page(f"users/{example}-{subject}", limit=100, after=None).items
        expected = {one.event_id for (of, _), one in events.items() if of == subject}
        assert sorted(one.event_id for one in kept) == sorted(expected)


def test_a_subject_shows_its_own_entries_only(store: ActivityStore) -> None:
    mine = entry(subject="users/1")
    store.add(mine)
    store.add(entry(subject="users/11"))

    assert store.list_page("users/1", limit=10, after=None).items == [mine]


def test_pages_follow_one_another_without_gap_or_overlap(store: ActivityStore) -> None:
    kept = [entry(minutes=number // 2) for number in range(7)]
    for one in kept:
        store.add(one)

    seen: list[Entry] = []
    position = None
    while True:
        page = store.list_page("users/1", limit=2, after=position)
        seen.extend(page.items)
        position = page.next_position
        if position is None:
            break

    assert seen == sorted(kept, key=lambda one: one.position, reverse=True)


def test_the_inbox_remembers_an_event_longer_than_any_queue_keeps_it(make_table: "Callable[[str], None]") -> None:
    make_table("activity")
    ActivityRepository().add(entry())

    items = boto3.client("dynamodb").scan(TableName="activity")["Items"]

    [mark] = [item for item in items if item["pk"]["S"].startswith("INBOX#")]
    # 4 days in the queue, 14 in the dead-letter queue.
    assert float(mark["expires_at"]["N"]) > time.time() + 18 * 24 * 3600
    assert float(mark["expires_at"]["N"]) == pytest.approx(time.time() + INBOX_KEPT_S, abs=60)
