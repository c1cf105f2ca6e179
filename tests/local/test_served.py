"""The module that uvicorn loads, in a process of its own: it replaces the standard output."""

import os
import subprocess
import sys
from pathlib import Path

from local.settings import CHECKOUT

HANDLER = """
import json

class Handler:
    @staticmethod
    def app():
        found = 41
        breakpoint()
        print(json.dumps({"level": "INFO", "message": "went on", "route": "/users"}))
        print(json.dumps({"_aws": {}}))

handler = Handler()
"""


def test_lines_are_readable_and_a_breakpoint_opens_the_debugger_in_the_terminal(tmp_path: Path) -> None:
    (tmp_path / "made_up.py").write_text(HANDLER)

    done = subprocess.run(
        [sys.executable, "-c", "from local import served; served.app()"],
        cwd=CHECKOUT,
        env={
            **os.environ,
            "PYTHONPATH": str(tmp_path),
            "SERVED_HANDLER": "made_up.handler",
            "SERVICE": "users",
            "FUNCTION": "api",
        },
        input="p found + 1\nc\n",
        capture_output=True,
        text=True,
        check=True,
    )

    assert "(Pdb) 42" in done.stdout
    assert "users/api          INFO    went on  route=/users" in done.stdout
    assert "_aws" not in done.stdout
