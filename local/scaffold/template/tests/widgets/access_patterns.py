"""Access patterns of the table of widgets: the calls that tests/tools/data_model records."""

from tests.tools.data_model.access_patterns import Call
from functions.shared.messaging.events import Event
from functions.widgets.domain import Widget, confirm_widget, create_widget
from functions.widgets.repository import WidgetRepository


def added() -> tuple[Widget, Event]:
    widget, event = create_widget(name="First")
    WidgetRepository().add(widget, event)
    return widget, event


def create_a_widget() -> Call:
    widget, event = create_widget(name="First")
    return lambda: WidgetRepository().add(widget, event)


def confirm_a_widget() -> Call:
    widget, event = added()
    return lambda: WidgetRepository().replace(widget, confirm_widget(widget), because_of=event)


def get_a_widget() -> Call:
    widget, _ = added()
    return lambda: WidgetRepository().get(widget.widget_id)


def list_the_widgets_in_a_status() -> Call:
    widget, _ = added()
    return lambda: WidgetRepository().list_page(widget.status, limit=20, after="0" * 36)
