"""Access patterns of the table of activity: the calls that tests/tools/data_model records."""

from functions.activity.domain import Entry
from functions.activity.repository import ActivityRepository
from functions.shared.messaging.events import Event
from tests.tools.data_model.access_patterns import Call

SUBJECT = f"users/{'0' * 36}"


def entry(number: int) -> Entry:
    data = {"user_id": SUBJECT.removeprefix("users/"), "active": True}
    return Entry.of(Event(type="UserCreated.v1", source="users", subject=SUBJECT, sequence=number, data=data))


def record_an_event() -> Call:
    return lambda: ActivityRepository().add(entry(1))


def record_a_late_event() -> Call:
    ActivityRepository().add(entry(2))
    return lambda: ActivityRepository().add(entry(1))


def get_the_latest_event_of_a_subject() -> Call:
    ActivityRepository().add(entry(1))
    return lambda: ActivityRepository().find_latest(SUBJECT)


def list_the_entries_of_a_subject() -> Call:
    return lambda: ActivityRepository().list_page(SUBJECT, limit=20, after="9999")


def read_all_entries_after_an_entry() -> Call:
    return lambda: list(ActivityRepository().read_all(after=(SUBJECT, entry(1).position)))
