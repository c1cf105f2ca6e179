"""The requests and answers of the API of widgets."""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from functions.shared.http.lists import PageAnswer, PageQuery
from functions.widgets.domain import Widget

Name = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")
]


class NewWidget(BaseModel):
    """A widget to create."""

    model_config = ConfigDict(extra="forbid")

    name: Name = Field(description="The name of the widget.", examples=["The first widget"])


class WidgetAnswer(BaseModel):
    """A widget."""

    id: str = Field(examples=["01938b2e-7c4a-7d3f-9a51-4f0c2b6d8e10"])
    name: str
    status: Literal["new", "confirmed"]
    version: int = Field(description="Starts at 1, grows by 1 with each change.")
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


class WidgetPage(PageAnswer[WidgetAnswer]):
    """Some widgets, oldest first."""


class ListQuery(PageQuery):
    """The query of the list of widgets."""

    status: Literal["new", "confirmed"] = Field(default="confirmed", description="Only those in this status.")
