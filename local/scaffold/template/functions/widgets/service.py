"""The use cases of widgets."""

from functions.shared.http.pages import Page
from functions.shared.identifiers import is_id
from functions.shared.messaging.events import Event
from functions.shared.optimistic_locking import retry_if_stale
from functions.widgets.domain import Status, Widget, confirm_widget, create_widget
from functions.widgets.errors import WidgetNotFound
from functions.widgets.ports import WidgetStore


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
            WidgetNotFound: No widget has this id.
        """
        if not is_id(widget_id):
            raise WidgetNotFound
        return self._store.get(widget_id)

    def list_page(self, status: Status, *, limit: int, after: str | None) -> Page[Widget]:
        """Return at most `limit` widgets after a position, oldest first."""
        return self._store.list_page(status, limit=limit, after=after)

    def confirm(self, event: Event) -> None:
        """Confirm the widget that an event reports as created.

        Raises:
            AlreadySeen: The event has confirmed the widget before.
            Unavailable: Others kept changing the widget; the event is delivered again.
        """

        def confirm_stored() -> None:
            widget = self._store.get(event.data["widget_id"])
            self._store.replace(widget, confirm_widget(widget), because_of=event)

        retry_if_stale(confirm_stored, busy="Others are changing this widget.")
