"""The errors of activity; `functions/shared/errors.py` has those of every service."""

from functions.shared.errors import NotFound


class NothingHappened(NotFound):
    slug = "nothing-happened"
    title = "This subject has no events"

    def __init__(self) -> None:
        super().__init__("No event of this subject has arrived.")
