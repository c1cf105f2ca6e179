"""The store of widgets in memory."""

from typing import TYPE_CHECKING

from functions.shared.errors import StaleVersion
from functions.shared.messaging.events import Event
from functions.shared.messaging.inbox import AlreadySeen
from functions.shared.http.pages import Page
from functions.widgets.domain import Status, Widget
from functions.widgets.errors import WidgetNotFound

if TYPE_CHECKING:
    from functions.widgets.ports import WidgetStore


class FakeWidgetStore:
    """The `WidgetStore` in memory; `events` has the events that were written with the widgets."""

    def __init__(self) -> None:
        self.widgets: dict[str, Widget] = {}
        self.events: list[Event] = []
        self.seen: set[str] = set()

    def add(self, widget: Widget, event: Event) -> None:
        self.widgets[widget.widget_id] = widget
        self.events.append(event)

    def replace(self, before: Widget, after: Widget, *, because_of: Event) -> None:
        if because_of.event_id in self.seen:
            raise AlreadySeen
        if self.widgets[before.widget_id].version != before.version:
            raise StaleVersion
        self.seen.add(because_of.event_id)
        self.widgets[after.widget_id] = after

    def get(self, widget_id: str) -> Widget:
        try:
            return self.widgets[widget_id]
        except KeyError:
            raise WidgetNotFound from None

    def list_page(self, status: Status, *, limit: int, after: str | None) -> Page[Widget]:
        found = [
            widget
            for widget_id, widget in sorted(self.widgets.items())
            if widget.status == status and (after is None or widget_id > after)
        ]
        more = len(found) > limit
        return Page(items=found[:limit], next_position=found[limit - 1].widget_id if more else None)


if TYPE_CHECKING:
    _: WidgetStore = FakeWidgetStore()
