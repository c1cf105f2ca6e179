"""Folders and files that only this user can read: the platform's home contains keys, passwords and all data."""

import os
import stat
from pathlib import Path

from local.errors import PlatformError

# Of every process that the platform starts: their files are for this user alone.
UMASK = 0o077
_OTHERS = 0o077


def make_private(folder: Path) -> None:
    """Create the folder if it is missing; take all rights to it from the group and from others.

    Raises:
        PlatformError: The folder is for all users, such as /tmp, or of another user.
    """
    folder.mkdir(parents=True, exist_ok=True)
    status = folder.stat()
    if status.st_mode & stat.S_ISVTX or status.st_uid != os.getuid():
        raise PlatformError(f"{folder} is not a folder of this user alone. Set PLATFORM_HOME to one that is.")
    if status.st_mode & _OTHERS:
        folder.chmod(stat.S_IMODE(status.st_mode) & ~_OTHERS)


def write_private(path: Path, text: str) -> None:
    """Write the file atomically, readable by this user alone from its first byte."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(".new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    new.replace(path)
