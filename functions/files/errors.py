"""The errors that the API of files answers, in addition to those of every service (`functions/shared/errors.py`)."""

from functions.shared.errors import Conflict, NotFound, StaleVersion


class FileNotFound(NotFound):
    slug = "file-not-found"
    title = "There is no such file"

    def __init__(self) -> None:
        super().__init__("No file has this id.")


class StaleFile(StaleVersion):
    title = "The file has changed"

    def __init__(self) -> None:
        super().__init__("The file is not at the version named in If-Match. Get it again and repeat the change.")


class TooManyVersions(Conflict):
    slug = "too-many-versions"
    title = "The file has too many versions"

    def __init__(self, most: int) -> None:
        super().__init__(f"A file has at most {most} versions. Create another file.")
