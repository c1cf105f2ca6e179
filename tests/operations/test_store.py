"""The contracts of the stores, for the fakes and for the repositories on DynamoDB."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from functions.operations.chain import Link, find_break
from functions.operations.domain import Deployment
from functions.operations.errors import DeploymentNotFound
from functions.operations.facts import RawEvent
from functions.operations.joining import join
from functions.operations.ports import DeploymentStore, EventLog
from functions.operations.recording import statements_of
from functions.operations.repository import DeploymentRepository, EventRepository
from functions.shared.messaging.inbox import AlreadySeen
from tests.newer_release import BESIDE_A_NEWER_RELEASE
from tests.operations.events import NOON, requested, stack_event, update
from tests.operations.fakes import FakeDeploymentStore, FakeEventLog


@pytest.fixture(params=["fake", "dynamodb", BESIDE_A_NEWER_RELEASE])
def stores(request: pytest.FixtureRequest) -> tuple[EventLog, DeploymentStore]:
    if request.param == "fake":
        return FakeEventLog(), FakeDeploymentStore()
    make_table: Callable[[str], None] = request.getfixturevalue("make_table")
    make_table("operations")
    return EventRepository(), DeploymentRepository()


@pytest.fixture
def log(stores: tuple[EventLog, DeploymentStore]) -> EventLog:
    return stores[0]


@pytest.fixture
def store(stores: tuple[EventLog, DeploymentStore]) -> DeploymentStore:
    return stores[1]


def deployment(number: int) -> Deployment:
    [found] = join(
        statements_of([requested(f"r-{number}", number * 10), *update(number * 10 + 1, operation=f"t-{number}")])
    ).values()
    return found


def test_an_event_is_kept_once_and_whole(log: EventLog) -> None:
    event = stack_event("UPDATE_IN_PROGRESS", 1)

    log.append(event)
    with pytest.raises(AlreadySeen):
        log.append(event)

    assert log.read_at([event.position, "2026-01-01T00:00:00.000+00:00#none"]) == [event]
    assert len(log.read_links(after=0, limit=10)) == 1


def test_each_event_extends_the_chain(log: EventLog) -> None:
    events = [stack_event("UPDATE_IN_PROGRESS", -number, operation=f"t-{number}") for number in range(5)]

    links = [log.append(event) for event in events]

    assert [link.sequence for link in links] == [1, 2, 3, 4, 5]
    assert log.find_head() == links[-1]
    assert log.read_links(after=2, limit=2) == links[2:4]
    assert find_break(zip(links, events, strict=True), before=None) is None


def test_an_empty_log_has_no_head(log: EventLog) -> None:
    assert log.find_head() is None
    assert log.read_links(after=0, limit=10) == []


def test_events_are_read_by_their_time(log: EventLog) -> None:
    events = [stack_event("UPDATE_IN_PROGRESS", minutes, operation=f"t-{minutes}") for minutes in (3, 1, 2)]
    for event in events:
        log.append(event)

    found = log.read_between(NOON + timedelta(minutes=1), NOON + timedelta(minutes=3))

    assert found == [events[1], events[2]]


class OvertakenRepository(EventRepository):
    """A repository that another writer overtakes: after it has read the head, a second event is added."""

    def __init__(self, other: RawEvent) -> None:
        super().__init__()
        self._others = [other]

    def find_head(self) -> Link | None:
        head = super().find_head()
        if self._others:
            EventRepository().append(self._others.pop())
        return head


@pytest.mark.parametrize("has_head", [False, True])
def test_writers_at_the_same_time_make_one_chain(make_table: Callable[[str], None], *, has_head: bool) -> None:
    make_table("operations")
    log = EventRepository()
    events = [stack_event("UPDATE_IN_PROGRESS", number, operation=f"t-{number}") for number in range(3)]
    if has_head:
        log.append(events[0])

    OvertakenRepository(events[1]).append(events[2])

    links = log.read_links(after=0, limit=100)
    kept = {event.position: event for event in log.read_at([link.position for link in links])}
    assert [link.position for link in links] == [event.position for event in events[1 - has_head :]]
    assert find_break(((link, kept[link.position]) for link in links), before=None) is None


def test_a_chain_is_read_across_its_partitions(make_table: Callable[[str], None]) -> None:
    make_table("operations")
    log = EventRepository(links_a_partition=4)
    for number in range(13):
        log.append(stack_event("UPDATE_IN_PROGRESS", number, operation=f"t-{number}"))

    for after in range(14):
        for limit in (1, 4, 100):
            found = log.read_links(after=after, limit=limit)
            assert [link.sequence for link in found] == list(range(1, 14))[after:][:limit]


def test_a_record_is_got_back_whole(store: DeploymentStore) -> None:
    kept = deployment(1)

    store.save(kept)

    assert store.get("r-1") == kept


def test_a_record_takes_the_place_of_the_one_before(store: DeploymentStore) -> None:
    [earlier] = join(statements_of([requested("r-1", 10)])).values()
    store.save(earlier)
    store.save(deployment(1))

    assert store.list_page(limit=10, after=None).items == [deployment(1)]


def test_a_removed_record_is_gone_and_others_stay(store: DeploymentStore) -> None:
    store.save(deployment(1))
    store.save(deployment(2))

    store.remove({"r-1", "r-9"})

    with pytest.raises(DeploymentNotFound):
        store.get("r-1")
    assert store.get("r-2") == deployment(2)


def test_records_are_listed_in_pages_newest_first(store: DeploymentStore) -> None:
    for number in (2, 1, 3):
        store.save(deployment(number))

    first = store.list_page(limit=2, after=None)
    second = store.list_page(limit=2, after=first.next_position)

    assert [each.deployment_id for each in (*first.items, *second.items)] == ["r-3", "r-2", "r-1"]
    assert second.next_position is None


def test_records_are_read_since_a_time(store: DeploymentStore) -> None:
    for number in (2, 1, 3):
        store.save(deployment(number))

    assert list(store.read_since(deployment(2).at)) == [deployment(2), deployment(3)]
