"""What can go wrong with widgets, beyond what can go wrong anywhere (`functions/shared/errors.py`)."""

from functions.shared.errors import NotFound


class WidgetNotFound(NotFound):
    slug = "widget-not-found"
    title = "There is no such widget"

    def __init__(self) -> None:
        super().__init__("No widget has this id.")
