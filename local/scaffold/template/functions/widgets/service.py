"""What can be done with widgets, and what must be stored for it."""

from typing import Protocol

from functions.shared.messaging.events import Event
from functions.shared.identifiers import is_id
from functions.shared.http.pages import Page
from functions.widgets.domain import Status, Widget, confirm_widget, create_widget
from functions.widgets.errors import WidgetNotFound


class WidgetStore(Protocol):
    """Widgets, each written together with the event that tells of it."""

    def add(self, widget: Widget, event: Event) -> None:
        """Add a widget."""

    def replace(self, before: Widget, after: Widget, *, because_of: Event) -> None:
        """Store `after`, and in the same transaction that the event has taken effect.

        Raises:
            AlreadySeen: The event has taken effect before.
        """

    def get(self, widget_id: str) -> Widget:
        """Return a widget as last written.

        Raises:
            WidgetNotFound: There is none with this id.
        """

    def list_page(self, status: Status, *, limit: int, after: str | None) -> Page[Widget]:
        """Return at most `limit` widgets, oldest first, from after the position on; eventually consistent."""


class WidgetService:
    """The use cases of widgets."""

    def __init__(self, store: WidgetStore) -> None:
        self._store = store

    def create(self, *, name: str) -> Widget:
        """Create a widget."""
        widget, event = create_widget(name=name)
        self._store.add(widget, event)
        return widget

    def get(self, widget_id: str) -> Widget:
        """Return a widget.

        Raises:
            WidgetNotFound: There is none with this id.
        """
        if not is_id(widget_id):
            raise WidgetNotFound
        return self._store.get(widget_id)

    def list_page(self, status: Status, *, limit: int, after: str | None) -> Page[Widget]:
        """Return at most `limit` widgets, oldest first, from after the position on."""
        return self._store.list_page(status, limit=limit, after=after)

    def confirm(self, event: Event) -> None:
        """Confirm the widget whose creation the event tells of.

        Raises:
            AlreadySeen: It has been confirmed by this event before.
        """
        widget = self._store.get(event.data["widget_id"])
        self._store.replace(widget, confirm_widget(widget), because_of=event)
