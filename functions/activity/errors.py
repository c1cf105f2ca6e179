"""The errors of activity; `functions/shared/errors.py` has those of every service."""

from functions.shared.errors import NotFound


class NothingHappened(NotFound):
    slug = "nothing-happened"
    title = "Nothing is known to have happened to this subject"

    def __init__(self) -> None:
        super().__init__("Nothing is known to have happened to this subject.")
