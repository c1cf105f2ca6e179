"""The errors of imports, in addition to those of every service (`functions/shared/errors.py`)."""

from functions.shared.errors import Conflict, InvalidRequest, NotFound


class ImportNotFound(NotFound):
    slug = "import-not-found"
    title = "There is no such import"

    def __init__(self) -> None:
        super().__init__("No import has this id.")


class FileUnknown(NotFound):
    slug = "file-unknown"
    title = "There is no such file to import"

    def __init__(self) -> None:
        super().__init__(
            "No available file that you may import has this id. A file that has just become available can be imported "
            "a moment later: try again then.",
            headers={"Retry-After": "2"},
        )


class ImportRunning(Conflict):
    slug = "import-running"
    title = "The same import is running"

    def __init__(self, import_id: str) -> None:
        location = f"/imports/{import_id}"
        super().__init__(
            f"The same import of this file is running: see {location}.",
            headers={"Link": f'<{location}>; rel="related"'},
        )
        self.import_id = import_id


class ImportOver(Conflict):
    slug = "import-over"
    title = "The import is over"

    def __init__(self) -> None:
        super().__init__("All rows of the import are written or rejected: there is nothing left to cancel.")


class UnknownFormat(InvalidRequest):
    slug = "unknown-format"
    title = "The file's format is not known"

    def __init__(self, content_type: str) -> None:
        super().__init__(f"The file is {content_type}: name its format, csv or ndjson.")


class ImportStarted(Exception):
    """The same request started an import before."""

    def __init__(self, import_id: str) -> None:
        super().__init__(import_id)
        self.import_id = import_id
