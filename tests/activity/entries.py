"""Entries for tests."""

from datetime import UTC, datetime, timedelta

from functions.activity.domain import Entry
from functions.shared.identifiers import new_id

NOON = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)


def entry(*, subject: str = "users/1", minutes: int = 0, event_id: str | None = None, sequence: int = 1) -> Entry:
    return Entry(
        event_id=event_id or new_id(),
        type="UserUpdated.v1",
        source="users",
        subject=subject,
        sequence=sequence,
        time=NOON + timedelta(minutes=minutes),
        request_id="request-1",
        data={"changed": ["name"]},
    )
