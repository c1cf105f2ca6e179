"""What clients send and get about widgets."""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from functions.widgets.domain import Widget

Name = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")
]


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NewWidget(_Request):
    """A widget to create."""

    name: Name = Field(description="What to call it.", examples=["The first widget"])


class WidgetAnswer(BaseModel):
    """A widget."""

    id: str = Field(examples=["01938b2e-7c4a-7d3f-9a51-4f0c2b6d8e10"])
    name: str
    status: Literal["new", "confirmed"]
    version: int = Field(description="1 at first, one more with each change.")
    created_at: datetime

    @classmethod
    def of(cls, widget: Widget) -> Self:
        """Return the answer that shows a widget."""
        return cls(
            id=widget.widget_id,
            name=widget.name,
            status=widget.status,
            version=widget.version,
            created_at=widget.created_at,
        )


class WidgetPage(BaseModel):
    """Some widgets, oldest first."""

    items: list[WidgetAnswer]
    next_cursor: str | None = Field(description="Send it as `cursor` for the next page; null on the last one.")


class ListQuery(_Request):
    """Which widgets to list."""

    status: Literal["new", "confirmed"] = Field(default="confirmed", description="Only those in this status.")
    limit: int = Field(default=20, ge=1, le=100, description="At most how many.")
    cursor: str | None = Field(default=None, max_length=1024, description="`next_cursor` of the page before.")
