"""Changes of a file, retried while others change the same file."""

from collections.abc import Callable

from functions.files.domain import File
from functions.files.errors import StaleVersion
from functions.files.ports import FileStore
from functions.shared.errors import Unavailable

CHANGE_ATTEMPTS = 5


def change(store: FileStore, file_id: str, attempt: Callable[[File], None]) -> None:
    """Get a file and try to change it; retry if another change came first.

    Raises:
        FileNotFound: The file is deleted.
        Unavailable: All attempts met another change.
    """
    for _ in range(CHANGE_ATTEMPTS):
        try:
            attempt(store.get(file_id))
        except StaleVersion:
            continue
        else:
            return
    raise Unavailable("Others are changing this file. Try again.")
