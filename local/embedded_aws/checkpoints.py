"""Write a checkpoint of the whole state every minute in which it changed, while requests are answered.

A copy of this process writes it: `fork` takes milliseconds, and the copy sees the state of that moment, whatever
changes meanwhile. MiniStack itself writes the state only at a stop, so a crash lost everything since the start.

Relies on `persistence.save_all`, which writes a service's state into `STATE_DIR`, and on the code of functions, which
`lambda_svc.get_state` writes beside it under the name of its hash.
"""

import asyncio
import contextlib
import gc
import logging
import os
import signal
import time
import warnings
from collections.abc import Callable
from datetime import UTC, datetime

from ministack import app
from ministack.core import persistence
from ministack.services import lambda_svc

from local.embedded_aws.extension import Extension, Hook
from local.embedded_aws.saved_state import SavedState

_EVERY_S = 60.0
# The copy must not take more than this part of the time, however large the state is.
_SHARE = 0.1
# A checkpoint waits for a moment without a request, but not longer than this.
_QUIET_WITHIN_S = 5
_LOOK_EVERY_S = 0.02
# The copy can wait for ever if another thread held a lock at the time of the fork.
_AT_MOST_S = 600

_log = logging.getLogger(__name__)


class Checkpoints:
    """Writes checkpoints until it is stopped.

    Args:
        state: Where to write them.
        changes: Returns a number that differs after each request that may have changed the state.
        is_quiet: Returns True if no request is being answered.
    """

    def __init__(self, state: SavedState, *, changes: Callable[[], int], is_quiet: Callable[[], bool]) -> None:
        self._state = state
        self._changes = changes
        self._is_quiet = is_quiet
        self._asked = asyncio.Event()
        self._copy: int | None = None

    def ask(self) -> None:
        """Let the next checkpoint begin at once."""
        self._asked.set()

    async def keep(self) -> None:
        """Write a checkpoint after each interval with changes, or when asked."""
        saved, pause_s = self._changes(), _EVERY_S
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._asked.wait(), pause_s)
            if not self._asked.is_set() and self._changes() == saved:
                continue
            self._asked.clear()
            await self._quiet()
            saved, began = self._changes(), time.monotonic()
            await self.write()
            pause_s = max(_EVERY_S, (time.monotonic() - began) / _SHARE)

    async def write(self) -> None:
        """Write one checkpoint; return when it is complete."""
        began = time.monotonic()
        self._copy = self._fork()
        blocked_ms = (time.monotonic() - began) * 1000
        _, status = await asyncio.to_thread(os.waitpid, self._copy, 0)
        self._copy = None
        if code := os.waitstatus_to_exitcode(status):
            _log.warning("A checkpoint was not written: its process ended with %s.", code)
        else:
            took_s = time.monotonic() - began
            _log.info("Checkpoint: blocked for %.0f ms, written after %.1f s", blocked_ms, took_s)

    def stop(self) -> None:
        """End a checkpoint that is being written."""
        if self._copy is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._copy, signal.SIGKILL)

    async def _quiet(self) -> None:
        deadline = time.monotonic() + _QUIET_WITHIN_S
        while time.monotonic() < deadline:
            if self._is_quiet() and lambda_svc.executions_in_flight()[0] == 0:
                return
            await asyncio.sleep(_LOOK_EVERY_S)

    def _fork(self) -> int:
        at = datetime.now(UTC)
        with warnings.catch_warnings():
            # The copy uses nothing that another thread may hold, except what the time limit is for.
            warnings.simplefilter("ignore", DeprecationWarning)
            copy = os.fork()
        if copy:
            return copy
        code = 1
        try:
            self._write_in_copy(at)
            code = 0
        finally:
            os._exit(code)

    def _write_in_copy(self, at: datetime) -> None:
        # Of the signal that asks for a checkpoint or a stop, the copy must not tell the loop of its parent.
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1):
            signal.signal(number, signal.SIG_DFL)
        signal.alarm(_AT_MOST_S)
        # Connections of the parent would stay open until the end of the copy.
        os.closerange(3, os.sysconf("SC_OPEN_MAX"))
        # The collector would touch, and so copy, every page.
        gc.disable()
        logging.disable(logging.INFO)
        used: set[str] = set()
        prune = lambda_svc._prune_orphan_code_blobs
        lambda_svc._prune_orphan_code_blobs = used.update
        services = self._state.begin_checkpoint()
        persistence.STATE_DIR = str(services)
        persistence.save_all(app._build_persistence_save_dict())
        self._state.save(services, at)
        # Only now, no checkpoint needs the code that no function has any more.
        prune(used)


EXTENSION = Extension(
    closes="The state was written only at a stop, so a crash lost all changes since the start.",
    hooks=(
        Hook(module="ministack.app", name="_build_persistence_save_dict", parameters=()),
        Hook(module="ministack.core.persistence", name="save_all", parameters=("services",)),
        Hook(
            module="ministack.core.persistence",
            name="save_state",
            contains=('path = os.path.join(STATE_DIR, f"{service}.json")', "os.replace(tmp, path)"),
        ),
        Hook(
            module="ministack.services.lambda_svc",
            name="_prune_orphan_code_blobs",
            parameters=("referenced",),
        ),
        Hook(
            module="ministack.services.lambda_svc",
            name="get_state",
            contains=("    _prune_orphan_code_blobs(referenced)\n",),
        ),
        Hook(module="ministack.services.s3", name="_atomic_write", contains=("os.replace(tmp, fpath)",)),
    ),
)
