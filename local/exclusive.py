"""A lock that lets one command at a time change the platform; the lock ends with the process that holds it.

Releases of different services share the lock: each changes only its own stack.
"""

import contextlib
import fcntl
import os
from collections.abc import Iterator

from local.errors import PlatformError
from local.private_files import make_private
from local.settings import Settings


@contextlib.contextmanager
def exclusive(settings: Settings) -> Iterator[None]:
    """Hold the platform's lock; raise PlatformError if another command holds it."""
    with _locked(settings, "lock", fcntl.LOCK_EX):
        yield


@contextlib.contextmanager
def shared(settings: Settings, *, service: str) -> Iterator[None]:
    """Hold the lock of a service, and the platform's together with releases of other services.

    Raises:
        PlatformError: Another command changes the service or the whole platform.
    """
    with _locked(settings, "lock", fcntl.LOCK_SH), _locked(settings, f"lock-{service}", fcntl.LOCK_EX):
        yield


@contextlib.contextmanager
def drilling(settings: Settings) -> Iterator[None]:
    """Hold the lock of drills, also between two releases: the next drill wipes the platform of this one.

    Raises:
        PlatformError: Another drill runs.
    """
    with _locked(settings, "lock-drill", fcntl.LOCK_EX):
        yield


@contextlib.contextmanager
def _locked(settings: Settings, name: str, kind: int) -> Iterator[None]:
    # Each command that changes the platform comes here first, so homes that older versions made are closed, too.
    make_private(settings.home)
    settings.run.mkdir(exist_ok=True)
    with (settings.run / name).open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            holder = file.read().strip() or "unknown"
            raise PlatformError(
                f"Another command is changing this platform (pid {holder}). Wait until it ends, or stop it with Ctrl-C."
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
