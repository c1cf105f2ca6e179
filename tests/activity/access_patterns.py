"""The access patterns of the table of activity, for docs/data-model.md."""

from functions.activity.domain import Entry
from functions.activity.repository import ActivityRepository
from functions.shared.messaging.events import Event
from tools.data_model.pattern import Measured, access_pattern

SUBJECT = f"users/{'0' * 36}"
PAGE = 20


def entry(number: int) -> Entry:
    data = {"user_id": SUBJECT.removeprefix("users/"), "active": True}
    return Entry.of(Event(type="UserCreated.v1", source="users", subject=SUBJECT, sequence=number, data=data))


@access_pattern("consumer")
def record_an_event() -> Measured:
    return lambda: ActivityRepository().add(entry(1))


@access_pattern("consumer")
def record_an_event_that_comes_late() -> Measured:
    ActivityRepository().add(entry(2))
    return lambda: ActivityRepository().add(entry(1))


@access_pattern("GET /activity/latest")
def get_the_latest_of_a_subject() -> Measured:
    ActivityRepository().add(entry(1))
    return lambda: ActivityRepository().find_latest(SUBJECT)


@access_pattern("GET /activity")
def list_what_happened_to_a_subject() -> Measured:
    for number in range(PAGE + 5):
        ActivityRepository().add(entry(number))
    return lambda: ActivityRepository().list_page(SUBJECT, limit=PAGE, after="9999")


@access_pattern("exporter")
def read_everything_from_an_entry_on() -> Measured:
    entries = [entry(number) for number in range(PAGE)]
    for one in entries:
        ActivityRepository().add(one)
    return lambda: list(ActivityRepository().read_all(after=(SUBJECT, entries[0].position)))
