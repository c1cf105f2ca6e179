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


class TooManyFiles(Conflict):
    slug = "too-many-files"
    title = "There are too many files"

    def __init__(self, at_most: int) -> None:
        super().__init__(
            f"You have {at_most} files, the most that you can have. Delete some. "
            "Files that have just expired count for a minute more."
        )


class StorageFull(Conflict):
    slug = "storage-full"
    title = "The files have too many bytes"

    def __init__(self, at_most: int) -> None:
        super().__init__(
            f"With this upload, your files would have more than {at_most} bytes, the most that you can store. "
            "Delete some. Uploads that were just rejected or have expired count for a minute more."
        )
