"""The command that cleans up after a program that was killed."""

import subprocess
import sys
from pathlib import Path

from tests.e2e.platform_under_test import ROOT
from tests.waiting import eventually

PROGRAM = """
import os, signal, sys, time
from pathlib import Path
from tests.e2e.ending import run_at_the_end
command = [sys.executable, "-c", "open('cleaned', 'w').close()"]
with run_at_the_end(command, environment={**os.environ, "PYTHONPATH": sys.argv[1]}, working_folder=Path(sys.argv[2])):
    WHAT
"""


def run(what: str, folder: Path) -> None:
    code = PROGRAM.replace("WHAT", what)
    subprocess.run([sys.executable, "-c", code, str(ROOT), str(folder)], cwd=ROOT, timeout=120, check=False)


def test_the_command_runs_after_a_kill(tmp_path: Path) -> None:
    run("os.kill(os.getpid(), signal.SIGKILL)", tmp_path)

    eventually((tmp_path / "cleaned").exists)


def test_the_command_does_not_run_after_the_block(tmp_path: Path) -> None:
    run("pass", tmp_path)

    # The program has waited for the end of the waiting process.
    assert not (tmp_path / "cleaned").exists()
