"""Run a command when this program has ended, however it ended: `make bench` leaves no platform behind.

`python -m tests.e2e.ending <command> …` waits until its standard input closes, which the system does at the end of the
program that holds the other end, also after SIGKILL. The command is repeated while it fails: a start of the platform
may still be running, and holds the platform's lock.
"""

import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

_TRIES = 60
_PAUSE_S = 5
_DONE = b"done"


@contextmanager
def run_at_the_end(
    command: Sequence[str], *, environment: Mapping[str, str], working_folder: Path
) -> Iterator[subprocess.Popen[bytes]]:
    """Run the command if this program ends within the block without leaving it."""
    with subprocess.Popen(
        [sys.executable, "-m", __name__, *command],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=dict(environment),
        cwd=working_folder,
        # Ctrl-C in the terminal must not reach it.
        start_new_session=True,
    ) as waiting:
        try:
            yield waiting
        finally:
            # The block has cleaned up itself.
            waiting.communicate(_DONE)


def main(command: Sequence[str]) -> int:
    """Wait for the end; return the status of the command."""
    if sys.stdin.buffer.read() == _DONE:
        return 0
    for _ in range(_TRIES):
        if subprocess.run(command, check=False).returncode == 0:
            return 0
        time.sleep(_PAUSE_S)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
