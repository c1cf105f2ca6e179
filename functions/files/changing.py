"""Changes of a file, retried while others change the same file."""

from collections.abc import Callable

from functions.files.domain import File
from functions.files.errors import StaleFile
from functions.files.ports import FileStore
from functions.shared.optimistic_locking import retry_if_stale


def change[T](
    store: FileStore, file_id: str, attempt: Callable[[File], T], *, versions: frozenset[int] | None = None
) -> T:
    """Return the result of the first attempt that stores its change of the file.

    Args:
        store: Contains the file.
        file_id: The file.
        attempt: Changes the given file and stores it.
        versions: The versions that the caller named in If-Match; None for any version.

    Raises:
        FileNotFound: There is no such file.
        StaleFile: The file is at none of the named versions.
        Unavailable: Others kept changing the file at the same time.
    """

    def change_stored() -> T:
        file = store.get(file_id)
        if versions is not None and file.version not in versions:
            raise StaleFile
        return attempt(file)

    return retry_if_stale(change_stored, versions=versions, busy="Others are changing this file. Try again.")
