import sys
import threading
from pathlib import Path

import psutil
import pytest

from local.command import CommandError, run
from tests.waiting import eventually


def test_output_goes_to_the_log_and_line_by_line_to_the_caller(tmp_path: Path) -> None:
    lines: list[str] = []

    run(
        [sys.executable, "-c", r"print('\x1b[32mone\x1b[0m'); print('two')"],
        environment={},
        working_folder=tmp_path,
        log=tmp_path / "logs" / "c.log",
        on_line=lines.append,
    )

    assert lines == ["one", "two"]
    assert "one\ntwo\n" in (tmp_path / "logs" / "c.log").read_text()


def test_a_failure_shows_the_lines_with_the_reason_and_the_path_of_the_log(tmp_path: Path) -> None:
    code = "print('deploying'); print('❌ users failed: AccessDenied'); [print('more') for _ in range(50)]; exit(3)"

    with pytest.raises(CommandError) as failed:
        run([sys.executable, "-c", code], environment={}, working_folder=tmp_path, log=tmp_path / "c.log")

    assert "❌ users failed: AccessDenied" in str(failed.value)
    assert "deploying" not in str(failed.value)
    assert str(tmp_path / "c.log") in str(failed.value)


def test_an_interruption_ends_the_command_and_its_children(tmp_path: Path) -> None:
    code = "import subprocess; p = subprocess.Popen(['sleep', '60']); print(p.pid, flush=True); p.wait()"
    children: list[psutil.Process] = []

    def interrupt(line: str) -> None:
        children.append(psutil.Process(int(line)))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(
            [sys.executable, "-c", code],
            environment={"PATH": "/usr/bin:/bin"},
            working_folder=tmp_path,
            log=tmp_path / "c.log",
            on_line=interrupt,
        )

    eventually(lambda: not children[0].is_running() or children[0].status() == psutil.STATUS_ZOMBIE, every_s=0.05)


def test_another_thread_can_give_a_command_up(tmp_path: Path) -> None:
    given_up = threading.Event()
    threading.Timer(0.2, given_up.set).start()

    with pytest.raises(CommandError):
        run(["sleep", "60"], environment={}, working_folder=tmp_path, log=tmp_path / "log", given_up=given_up)
