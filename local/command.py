"""A command in the foreground: its output goes to a log and to the progress; an interruption leaves no orphan."""

import contextlib
import os
import re
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from local.errors import PlatformError

_COLOURS = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_REASON = re.compile(r"error|fail|❌|✘|denied|exception|expected", re.IGNORECASE)
_SHOWN = 12


class CommandError(PlatformError):
    """A command ended with an error; the message contains the lines with the reason, and the path of the log."""


def run(  # noqa: PLR0913 - each is a part of how a command runs
    command: Sequence[str | Path],
    *,
    environment: Mapping[str, str],
    working_folder: Path,
    log: Path,
    on_line: Callable[[str], None] = lambda _: None,
    given_up: threading.Event | None = None,
) -> None:
    """Run a command to its end; raise CommandError when it fails.

    An exception during the run, such as Ctrl-C, ends the command and its child processes. So does the event, which
    another thread may set.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    lines: list[str] = []
    with log.open("a", encoding="utf-8") as file:
        file.write(f"$ {' '.join(str(part) for part in command)}\n")
        with subprocess.Popen(
            [str(part) for part in command],
            env=dict(environment),
            cwd=working_folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
        ) as process:
            if given_up is not None:
                threading.Thread(target=_end_when, args=(given_up, process), daemon=True).start()
            try:
                for raw in process.stdout or ():
                    line = _COLOURS.sub("", raw).rstrip()
                    file.write(line + "\n")
                    file.flush()
                    if line:
                        lines.append(line)
                        on_line(line)
                code = process.wait()
            except BaseException:
                _end(process)
                raise
    if code != 0:
        name = Path(str(command[0])).name
        raise CommandError(f"{name} {command[1]} failed:\n{_reasons(lines)}\nThe whole output: {log}")


def _end_when(given_up: threading.Event, process: subprocess.Popen[str]) -> None:
    given_up.wait()
    _end(process)


def _reasons(lines: list[str]) -> str:
    reasons = [line for line in lines if _REASON.search(line)]
    shown = list(dict.fromkeys(reasons))[-_SHOWN:] or lines[-_SHOWN:]
    return "\n".join(f"  {line}" for line in shown)


def _end(process: subprocess.Popen[str]) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        try:
            process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            continue
