"""The access patterns of the table of widgets, for docs/data-model.md."""

from tools.data_model.pattern import Measured, access_pattern
from functions.shared.messaging.events import Event
from functions.widgets.domain import Widget, confirm_widget, create_widget
from functions.widgets.repository import WidgetRepository

PAGE = 20


def added() -> tuple[Widget, Event]:
    widget, event = create_widget(name="First")
    WidgetRepository().add(widget, event)
    return widget, event


@access_pattern("POST /widgets")
def create_a_widget() -> Measured:
    widget, event = create_widget(name="First")
    return lambda: WidgetRepository().add(widget, event)


@access_pattern("consumer")
def confirm_a_widget() -> Measured:
    widget, event = added()
    return lambda: WidgetRepository().replace(widget, confirm_widget(widget), because_of=event)


@access_pattern("GET /widgets/{widget_id}", "consumer")
def get_a_widget() -> Measured:
    widget, _ = added()
    return lambda: WidgetRepository().get(widget.widget_id)


@access_pattern("GET /widgets")
def list_the_widgets_in_a_status() -> Measured:
    widgets = [added()[0] for _ in range(PAGE + 5)]
    return lambda: WidgetRepository().list_page(widgets[0].status, limit=PAGE, after="0" * 36)
