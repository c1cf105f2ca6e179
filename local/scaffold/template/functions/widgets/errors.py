"""The errors of widgets; `functions/shared/errors.py` has those of every service."""

from functions.shared.errors import NotFound


class WidgetNotFound(NotFound):
    slug = "widget-not-found"
    title = "There is no such widget"

    def __init__(self) -> None:
        super().__init__("No widget has this id.")
