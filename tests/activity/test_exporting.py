"""The lines of an export of activity; and the contract of `AllEntries`, for the fake and for the repository."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import groupby

import pytest

from functions.activity.exporting import EntryLines
from functions.activity.repository import ActivityRepository
from functions.activity.schemas import EntryAnswer
from functions.shared.exporting import PartRequest
from functions.shared.messaging.dead_letters import Refused
from tests.activity.entries import NOON, entry
from tests.activity.fakes import FakeActivityStore


def store_of(*minutes: int) -> FakeActivityStore:
    store = FakeActivityStore()
    for number, minute in enumerate(minutes):
        store.add(entry(subject=f"users/{number % 2}", minutes=minute))
    return store


def wanted(*, position: str | None = None, minutes: int = 60, restricted_to: str | None = None) -> PartRequest:
    return PartRequest(position=position, until=NOON + timedelta(minutes=minutes), restricted_to=restricted_to)


def test_a_line_is_what_the_api_answers_of_an_entry() -> None:
    store = store_of(0)
    [kept] = store.entries.values()

    [line] = EntryLines(store).read(wanted())

    assert line.text is not None
    assert json.loads(line.text) == EntryAnswer.of(kept).model_dump(mode="json")
    assert "\n" not in line.text


def test_reading_goes_on_after_a_position() -> None:
    lines = EntryLines(store_of(3, 1, 2, 5, 4))
    everything = list(lines.read(wanted()))
    assert len(everything) == 5

    for place, line in enumerate(everything):
        # A position is sent in metadata of S3 and in an event.
        assert line.position.isascii()
        assert line.position.isprintable()
        assert list(lines.read(wanted(position=line.position))) == everything[place + 1 :]


def test_what_happened_after_the_request_is_left_out() -> None:
    store = store_of(0, 1, 2)

    lines = list(EntryLines(store).read(wanted(minutes=1)))

    assert sum(line.text is not None for line in lines) == 2
    # A line is returned for each entry that is left out, so that reading continues after it.
    assert len({line.position for line in lines}) == 3


def test_activity_has_no_owner() -> None:
    with pytest.raises(Refused):
        list(EntryLines(store_of(0)).read(wanted(restricted_to="ada")))


@pytest.fixture(params=["fake", "dynamodb"])
def store(request: pytest.FixtureRequest) -> FakeActivityStore | ActivityRepository:
    if request.param == "fake":
        return FakeActivityStore()
    make_table: Callable[[str], None] = request.getfixturevalue("make_table")
    make_table("activity")
    return ActivityRepository()


def test_all_entries_are_read_once_those_of_a_subject_together_and_oldest_first(
    store: FakeActivityStore | ActivityRepository,
) -> None:
    kept = [entry(subject=f"users/{number % 3}", minutes=-number, sequence=9 - number) for number in range(9)]
    for one in kept:
        store.add(one)

    read = list(store.read_all(after=None))

    assert len(read) == 9
    for _, of_subject in groupby(read, key=lambda one: one.subject):
        times = [one.time for one in of_subject]
        assert len(times) == 3
        assert times == sorted(times)
    for place, one in enumerate(read):
        assert list(store.read_all(after=(one.subject, one.position))) == read[place + 1 :]


def test_entries_are_read_over_many_pages(store: FakeActivityStore | ActivityRepository) -> None:
    # Two megabytes: DynamoDB returns at most one in an answer.
    for number in range(20):
        store.add(replace(entry(subject=f"imports/{number}"), data={"user_ids": ["0" * 36] * 3_000}))

    read = store.read_all(after=None)
    some = [next(read) for _ in range(7)]
    others = list(store.read_all(after=(some[-1].subject, some[-1].position)))

    assert len({one.event_id for one in [*some, *others]}) == len(some) + len(others) == 20
