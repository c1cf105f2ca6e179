"""The store of activity in memory."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from functions.activity.domain import Entry, Latest
from functions.shared.http.pages import Page
from functions.shared.messaging.inbox import AlreadySeen

if TYPE_CHECKING:
    from functions.activity.ports import ActivityStore, AllEntries


class FakeActivityStore:
    """The `ActivityStore` in memory."""

    def __init__(self) -> None:
        self.entries: dict[str, Entry] = {}
        self.latest: dict[str, Latest] = {}

    def add(self, entry: Entry) -> None:
        if entry.event_id in self.entries:
            raise AlreadySeen
        self.entries[entry.event_id] = entry
        known = self.latest.get(entry.subject)
        if known is None or known.sequence < entry.sequence:
            self.latest[entry.subject] = Latest(
                subject=entry.subject,
                sequence=entry.sequence,
                type=entry.type,
                event_id=entry.event_id,
                time=entry.time,
            )

    def find_latest(self, subject: str) -> Latest | None:
        return self.latest.get(subject)

    def list_page(self, subject: str, *, limit: int, after: str | None) -> Page[Entry]:
        found = sorted(
            (
                entry
                for entry in self.entries.values()
                if entry.subject == subject and (after is None or entry.position < after)
            ),
            key=lambda entry: entry.position,
            reverse=True,
        )
        more = len(found) > limit
        return Page(items=found[:limit], next_position=found[limit - 1].position if more else None)

    def read_all(self, *, after: tuple[str, str] | None) -> Iterator[Entry]:
        for entry in sorted(self.entries.values(), key=_key):
            if after is None or _key(entry) > after:
                yield entry


def _key(entry: Entry) -> tuple[str, str]:
    return entry.subject, entry.position


if TYPE_CHECKING:
    _: ActivityStore = FakeActivityStore()
    __: AllEntries = FakeActivityStore()
