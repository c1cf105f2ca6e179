"""The use cases of activity."""

import json

from functions.activity.domain import Entry, Latest
from functions.activity.errors import NothingHappened
from functions.activity.ports import ActivityStore
from functions.shared.http.pages import Page
from functions.shared.messaging.events import Event

# A Lambda behind a load balancer answers with at most 1 MB, and an event has up to 256 KB:
# https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html
PAGE_BYTES = 600_000


class ActivityService:
    """The use cases of activity."""

    def __init__(self, store: ActivityStore) -> None:
        self._store = store

    def record(self, event: Event) -> None:
        """Store an event.

        Raises:
            AlreadySeen: The event is stored already.
        """
        self._store.add(Entry.of(event))

    def get_latest(self, subject: str) -> Latest:
        """Return the newest event of a subject.

        Raises:
            NothingHappened: The subject has no events.
        """
        latest = self._store.find_latest(subject)
        if latest is None:
            raise NothingHappened
        return latest

    def list_page(self, subject: str, *, limit: int, after: str | None) -> Page[Entry]:
        """Return at most `limit` entries of a subject after a position, newest first; fewer if they are large."""
        page = self._store.list_page(subject, limit=limit, after=after)
        size_bytes = 0
        for number, entry in enumerate(page.items):
            size_bytes += len(json.dumps(entry.data))
            if number and size_bytes > PAGE_BYTES:
                return Page(items=page.items[:number], next_position=page.items[number - 1].position)
        return page
