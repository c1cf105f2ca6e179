"""Runs the test modules that import MiniStack in the embedded AWS's own interpreter, each test in its own process.

MiniStack is not in `.venv`, and its state and the extensions' replacements of its functions last as long as a process.
"""

import ast
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

CHECKOUT = Path(__file__).resolve().parents[3]
PYTHON = CHECKOUT / ".local" / "aws" / "venv" / "bin" / "python"
_TIMEOUT_S = 120


def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect a module without importing it if it imports MiniStack."""
    if "from ministack" not in module_path.read_text(encoding="utf-8"):
        return None
    module: pytest.Collector = EmbeddedModule.from_parent(parent, path=module_path)
    return module


class EmbeddedModule(pytest.File):
    """A module of test functions that take no fixtures."""

    def collect(self) -> Iterator[pytest.Item]:
        """Yield an item for each test function, in the order of the source."""
        for node in ast.parse(self.path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                yield EmbeddedTest.from_parent(self, name=node.name, line=node.lineno)


class EmbeddedTest(pytest.Item):
    """A test function, run by `python -m tests.local.embedded_aws.run_test`."""

    def __init__(self, *, line: int, **more: Any) -> None:
        super().__init__(**more)
        self._line = line
        self.add_marker(pytest.mark.slow)
        self.add_marker(
            pytest.mark.skipif(not PYTHON.exists(), reason="the embedded AWS is not installed; `make up` installs it")
        )

    def runtest(self) -> None:
        """Run the test with a home folder of its own."""
        module = ".".join(self.path.relative_to(CHECKOUT).with_suffix("").parts)
        with tempfile.TemporaryDirectory() as home:
            finished = subprocess.run(
                [PYTHON, "-m", "tests.local.embedded_aws.run_test", module, self.name],
                cwd=CHECKOUT,
                env={"PATH": "/usr/bin:/bin", "HOME": home, "TMPDIR": home},
                capture_output=True,
                text=True,
                timeout=_TIMEOUT_S,
                check=False,
            )
        if finished.returncode:
            pytest.fail(finished.stdout + finished.stderr, pytrace=False)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Return the place and the name for the report."""
        return self.path, self._line - 1, self.name
