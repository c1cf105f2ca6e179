"""The tests of environments pass with another environment, which is only a file of four lines."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cdk.settings.environment_schema import FIRST_LINE
from cdk.settings.manifests import PROJECT

pytestmark = pytest.mark.slow

STAGING = f"{FIRST_LINE}\nregion: eu-west-1\ndomain: staging.example.com\nhosted_zone_id: Z0STAGING\n"
# Files of this machine, and files that only other tests read.
NOT_COPIED = (".git", ".local", ".venv", "node_modules", ".mypy_cache", ".ruff_cache", "__pycache__", "docs")
DEPENDENT = (
    "settings/test_environment_schema",
    "test_app_stacks",
    "test_function_environment",
    "test_retained",
    "test_roles",
    "test_template_limits",
)


def test_the_tests_of_environments_pass_with_a_third_one_on_aws(tmp_path: Path) -> None:
    project = tmp_path / "project"
    shutil.copytree(PROJECT, project, ignore=shutil.ignore_patterns(*NOT_COPIED))
    (project / "cdk" / "environments" / "staging.yaml").write_text(STAGING, "utf-8")

    result = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n", "2", *(f"tests/cdk/{name}.py" for name in DEPENDENT)],
        cwd=project,
        env={name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")},
        capture_output=True,
        text=True,
        check=False,
    )

    assert result.returncode == 0, result.stdout + result.stderr
