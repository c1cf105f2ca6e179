"""Widgets, and the changes that they allow."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal

from functions.shared.messaging.events import Event
from functions.shared.identifiers import new_id

type Status = Literal["new", "confirmed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Widget:
    """A widget.

    Attributes:
        widget_id: Ids sort by the time of creation.
        status: `new` until the consumer has handled its event, then `confirmed`.
        version: Starts at 1 and grows by 1 with each change.
        created_at: In UTC.
    """

    widget_id: str
    name: str
    status: Status
    version: int
    created_at: datetime


def create_widget(*, name: str) -> tuple[Widget, Event]:
    """Return a new widget and the event of its creation."""
    widget = Widget(widget_id=new_id(), name=name, status="new", version=1, created_at=datetime.now(UTC))
    event = Event(
        type="WidgetCreated.v1",
        source="widgets",
        subject=f"widgets/{widget.widget_id}",
        sequence=widget.version,
        data={"widget_id": widget.widget_id},
    )
    return widget, event


def confirm_widget(widget: Widget) -> Widget:
    """Return the confirmed widget, with the next version."""
    return replace(widget, status="confirmed", version=widget.version + 1)
