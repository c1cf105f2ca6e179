"""The errors of exports, in addition to those of every service (`functions/shared/errors.py`)."""

from functions.shared.errors import Conflict, NotFound


class ExportNotFound(NotFound):
    slug = "export-not-found"
    title = "There is no such export"

    def __init__(self) -> None:
        super().__init__("No export has this id; exports are kept for seven days.")


class ExportOver(Conflict):
    slug = "export-over"
    title = "The export is over"

    def __init__(self) -> None:
        super().__init__("The export is available or has failed: there is nothing left to cancel.")


class ExportStarted(Exception):
    """The same request started an export before."""

    def __init__(self, export_id: str) -> None:
        super().__init__(export_id)
        self.export_id = export_id


class TooManyExports(Conflict):
    slug = "too-many-exports"
    title = "There are too many exports"

    def __init__(self, at_most: int) -> None:
        super().__init__(f"You have requested {at_most} exports in seven days, the most that you can. Try again later.")
