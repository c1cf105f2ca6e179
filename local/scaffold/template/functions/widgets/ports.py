"""The ports of widgets: the stores that the use cases need; the adapter is in repository.py."""

from typing import Protocol

from functions.shared.http.pages import Page
from functions.shared.messaging.events import Event
from functions.widgets.domain import Status, Widget


class WidgetStore(Protocol):
    """Widgets; a new widget is written together with its event."""

    def add(self, widget: Widget, event: Event) -> None:
        """Add a widget."""

    def replace(self, before: Widget, after: Widget, *, because_of: Event) -> None:
        """Store `after` and, in the same transaction, mark the event as seen.

        Raises:
            AlreadySeen: The event has taken effect before.
            StaleVersion: `before` is no longer the stored version.
        """

    def get(self, widget_id: str) -> Widget:
        """Return a widget as last written.

        Raises:
            WidgetNotFound: No widget has this id.
        """

    def list_page(self, status: Status, *, limit: int, after: str | None) -> Page[Widget]:
        """Return at most `limit` widgets after a position, oldest first; eventually consistent."""
