"""Background processes: started detached, identified by pid and start time, stopped with their child processes."""

import contextlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from local.private_files import UMASK

# psutil rounds the start time differently between calls on some systems.
_SAME_START_S = 1.0

# The processes outlive this program on purpose; without a reference, Popen would warn of that.
detached: list[subprocess.Popen[bytes]] = []


@dataclass(frozen=True, slots=True)
class BackgroundProcess:
    """A named process with a pid file and a log."""

    name: str
    folder: Path
    log: Path

    @property
    def pid_file(self) -> Path:
        """The file with its pid and start time."""
        return self.folder / f"{self.name}.json"

    def start(self, command: Sequence[str | Path], *, environment: Mapping[str, str], working_folder: Path) -> None:
        """Start the process in its own session, so that Ctrl-C in this terminal does not reach it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.log.parent.mkdir(parents=True, exist_ok=True)
        # An interruption before the pid file is written would leave an orphan.
        with _signals_deferred(), self.log.open("ab") as log:
            started = subprocess.Popen(
                [str(part) for part in command],
                env=dict(environment),
                cwd=working_folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                umask=UMASK,
            )
            detached.append(started)
            record = {"pid": started.pid, "started_at": _start_time(started.pid), "command": str(command[0])}
            self.pid_file.write_text(json.dumps(record), encoding="utf-8")

    def find(self) -> psutil.Process | None:
        """Return the running process; None if it ended, even if another process has its pid now."""
        record = self._record()
        if record is None:
            return None
        try:
            process = psutil.Process(int(record["pid"]))
            same = abs(process.create_time() - record["started_at"]) < _SAME_START_S
            running = same and process.status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return None
        return process if running else None

    def stop(self, *, grace_s: float) -> bool:
        """Send SIGTERM, and after `grace_s` SIGKILL, also to its children; return True if it ended before SIGKILL."""
        process, family = self.find(), self._family()
        ended = True
        if process is not None:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.terminate()
            ended = _wait([process], grace_s)
        # The group also contains children that the process has started in the meantime.
        for member in {*family, *self._family()}:
            with contextlib.suppress(psutil.NoSuchProcess):
                member.kill()
        _wait(family, grace_s=5)
        self.pid_file.unlink(missing_ok=True)
        return ended

    def _record(self) -> dict[str, float] | None:
        try:
            record = json.loads(self.pid_file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return record if isinstance(record, dict) and {"pid", "started_at"} <= record.keys() else None

    def _family(self) -> set[psutil.Process]:
        """Return the members of its process group, even after its own end.

        The system reuses a pid only when its group has no members: if another process has the pid, the group is empty.
        """
        record = self._record()
        if record is None or (psutil.pid_exists(int(record["pid"])) and self.find() is None and not self._is_zombie()):
            return set()
        return {process for process in psutil.process_iter() if _group(process.pid) == record["pid"]}

    def _is_zombie(self) -> bool:
        record = self._record()
        try:
            return record is not None and psutil.Process(int(record["pid"])).status() == psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return False


def tail(path: Path, lines: int) -> str:
    """Return the last lines of a log, for an error message."""
    try:
        return "\n".join(path.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])
    except OSError:
        return ""


def _group(pid: int) -> int | None:
    try:
        return os.getpgid(pid)
    except (ProcessLookupError, PermissionError):
        return None


def _start_time(pid: int) -> float:
    try:
        return psutil.Process(pid).create_time()
    except psutil.NoSuchProcess:
        return time.time()


def _wait(processes: Iterable[psutil.Process], grace_s: float) -> bool:
    """Return True when all have ended, False after `grace_s`; a zombie counts as ended."""
    deadline = time.monotonic() + grace_s
    while any(_runs(process) for process in processes):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def _runs(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@contextlib.contextmanager
def _signals_deferred() -> Iterator[None]:
    """Delay SIGINT and SIGTERM until the end of the block."""
    received: list[int] = []
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, lambda got, _: received.append(got)) for number in numbers}
    try:
        yield
    finally:
        for deferred, handler in before.items():
            signal.signal(deferred, handler)
        for number in received:
            signal.raise_signal(number)
