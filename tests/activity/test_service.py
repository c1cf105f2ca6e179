from functions.activity.service import PAGE_BYTES, ActivityService
from functions.shared.messaging.events import Event
from tests.activity.fakes import FakeActivityStore


def event(number: int, *, size: int) -> Event:
    return Event(type="Large.v1", source="users", subject="users/1", sequence=number, data={"text": "x" * size})


def test_a_page_of_large_entries_is_shorter_than_asked_and_the_next_one_goes_on() -> None:
    service = ActivityService(FakeActivityStore())
    events = [event(number, size=PAGE_BYTES // 3) for number in range(1, 8)]
    for one in events:
        service.record(one)

    seen, position = [], None
    while True:
        page = service.list_page("users/1", limit=100, after=position)
        assert 1 <= len(page.items) <= 3
        seen += [entry.event_id for entry in page.items]
        position = page.next_position
        if position is None:
            break

    assert sorted(seen) == sorted(one.event_id for one in events)
    assert len(seen) == len(set(seen))


def test_an_entry_larger_than_a_page_is_a_page_of_its_own() -> None:
    service = ActivityService(FakeActivityStore())
    service.record(event(1, size=PAGE_BYTES * 2))
    service.record(event(2, size=PAGE_BYTES * 2))

    first = service.list_page("users/1", limit=10, after=None)
    second = service.list_page("users/1", limit=10, after=first.next_position)

    assert [len(first.items), len(second.items), second.next_position] == [1, 1, None]


def test_a_page_with_one_large_event_too_many_still_passes_the_load_balancer() -> None:
    largest_event_bytes = 256 * 1024

    assert PAGE_BYTES + largest_event_bytes < 1_000_000
