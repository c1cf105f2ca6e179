import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from local import processes
from local.processes import BackgroundProcess, tail
from tests.waiting import eventually

# A process that starts a child, prints the pid of the child, and prints a last line on SIGTERM.
PARENT = """
import signal, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
def end(*_):
    print("state written", flush=True)
    sys.exit(0)
signal.signal(signal.SIGTERM, end)
print("child", child.pid, flush=True)
time.sleep(60)
"""
STUBBORN = PARENT.replace("signal.signal(signal.SIGTERM, end)", "signal.signal(signal.SIGTERM, signal.SIG_IGN)")


@pytest.fixture
def process(tmp_path: Path) -> Iterator[BackgroundProcess]:
    yield BackgroundProcess("tried", tmp_path / "run", tmp_path / "logs" / "tried.log")
    while processes.detached:
        # A command leaves its processes to the system; the tests must wait for theirs, or Popen warns at their end.
        processes.detached.pop().wait(timeout=10)


def start(process: BackgroundProcess, code: str) -> psutil.Process:
    process.start([sys.executable, "-c", code], environment=dict(os.environ), working_folder=process.log.parent.parent)
    # Unbuffered output may arrive in pieces.
    printed = eventually(lambda: re.search(r"child (\d+)", tail(process.log, 5)), every_s=0.02)
    assert printed
    return psutil.Process(int(printed[1]))


def has_ended(process: psutil.Process) -> bool:
    """Return True for a zombie too: its parent may not have waited for it yet."""
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def test_a_started_process_is_found_and_has_its_own_session(process: BackgroundProcess) -> None:
    child = start(process, PARENT)

    found = process.find()
    assert found is not None
    assert os.getsid(found.pid) == found.pid != os.getsid(0)
    assert process.stop(grace_s=10) is True
    assert process.find() is None
    assert has_ended(child)


def test_files_of_a_process_are_for_its_user_alone(process: BackgroundProcess, tmp_path: Path) -> None:
    written = tmp_path / "written"
    start(process, f"open({str(written)!r}, 'w').close()\n{PARENT}")

    process.stop(grace_s=10)

    assert written.stat().st_mode & 0o777 == 0o600


def test_a_process_ends_by_itself_and_its_children_end_with_it(process: BackgroundProcess) -> None:
    child = start(process, PARENT)

    ended = process.stop(grace_s=10)

    assert ended is True
    assert "state written" in tail(process.log, 5)
    assert has_ended(child)
    assert not process.pid_file.exists()


def test_a_process_that_ignores_sigterm_is_killed_after_the_grace_period(process: BackgroundProcess) -> None:
    child = start(process, STUBBORN)

    ended = process.stop(grace_s=0.5)

    assert ended is False
    assert has_ended(child)


def test_children_of_a_process_that_crashed_are_found_and_ended(process: BackgroundProcess) -> None:
    child = start(process, PARENT)
    crashed = process.find()
    assert crashed is not None
    crashed.kill()
    psutil.wait_procs([crashed], timeout=5)
    assert process.find() is None
    assert child.is_running()

    process.stop(grace_s=5)

    assert has_ended(child)


def test_another_process_with_the_same_pid_is_not_stopped(process: BackgroundProcess) -> None:
    with subprocess.Popen(["sleep", "30"], start_new_session=True) as stranger:  # noqa: S607 - any program
        process.folder.mkdir()
        record = {"pid": stranger.pid, "started_at": time.time() - 3600, "command": "tried"}
        process.pid_file.write_text(json.dumps(record), encoding="utf-8")

        assert process.find() is None
        process.stop(grace_s=0)

        assert stranger.poll() is None
        assert not process.pid_file.exists()
        stranger.kill()


@pytest.mark.parametrize("content", ["", "{}", "not json", "[1]"])
def test_a_broken_pid_file_means_no_process(process: BackgroundProcess, content: str) -> None:
    process.folder.mkdir()
    process.pid_file.write_text(content, encoding="utf-8")

    assert process.find() is None
    assert process.stop(grace_s=0) is True


def test_ctrl_c_between_start_and_pid_file_waits_for_the_pid_file(
    process: BackgroundProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_text = Path.write_text

    def interrupted(path: Path, data: str, encoding: str | None = None) -> int:
        signal.raise_signal(signal.SIGINT)
        return write_text(path, data, encoding=encoding)

    monkeypatch.setattr(Path, "write_text", interrupted)

    with pytest.raises(KeyboardInterrupt):
        process.start([sys.executable, "-c", PARENT], environment={}, working_folder=process.log.parent.parent)

    assert process.find() is not None
    process.stop(grace_s=10)
