"""The zip of the release check: it starts in a process that has nothing else."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from cdk.bundles.release_check import build_release_checks
from cdk.settings.manifests import PROJECT, read_manifest

STARTED = """
import sys
sys.path = [sys.argv[1], *(path for path in sys.path if "site-packages" not in path)]
from functions.shared.release_check import hook
print(hook.json.loads(hook.CHECKS.read_text())["service"])
"""


@pytest.mark.slow
def test_the_zip_has_the_calls_of_its_service_and_starts_alone(tmp_path: Path) -> None:
    manifest = read_manifest(PROJECT / "functions/users/service.toml")
    [built] = build_release_checks([manifest], architecture="host").values()

    with zipfile.ZipFile(built) as archive:
        archive.extractall(tmp_path)
    command = [sys.executable, "-I", "-S", "-c", STARTED, str(tmp_path)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)

    assert (ran.stdout, ran.stderr) == ("users\n", "")
    checks = json.loads((tmp_path / "functions/shared/release_check/checks.json").read_text())
    assert checks["functions"].keys() == manifest.functions.keys()
    # It has nothing of a service, so no release of one changes its code.
    assert not (tmp_path / "functions/users").exists()
    assert not (tmp_path / "functions/shared/http").exists()
    assert built.stat().st_size < 4_000_000
