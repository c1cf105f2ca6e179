"""`app.py` as the CDK's command line runs it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from cdk.environment import environment_names
from cdk.services import PROJECT

pytestmark = pytest.mark.slow

# The audit hook ends the process at the first connection that Python opens; what the CDK would look up itself stands
# in the manifest as missing context.
NO_NETWORK = """
import runpy, sys

def refuse(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname"):
        raise SystemExit(f"a call to the network: {arguments}")

sys.addaudithook(refuse)
sys.path.insert(0, ".")
runpy.run_path("app.py", run_name="__main__")
"""


def run_app(folder: Path, *, environment: str | None, validation: bool = True) -> subprocess.CompletedProcess[str]:
    context = json.loads((PROJECT / "cdk.json").read_text("utf-8"))["context"]
    if environment:
        context["environment"] = environment
    variables = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return subprocess.run(
        [sys.executable, "-c", NO_NETWORK],
        cwd=PROJECT,
        env={
            **variables,
            "CDK_OUTDIR": str(folder),
            "CDK_CONTEXT_JSON": json.dumps(context),
            "CDK_VALIDATION": "true" if validation else "false",
        },
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("environment", environment_names())
def test_every_environment_synthesizes_without_network_findings_or_missing_context(
    tmp_path: Path,
    environment: str,
) -> None:
    result = run_app(tmp_path, environment=environment)

    assert result.returncode == 0, result.stderr
    assert "missing" not in json.loads((tmp_path / "manifest.json").read_text("utf-8"))
    assert json.loads((tmp_path / "validation-report.json").read_text("utf-8"))["pluginReports"] == []
    assert (tmp_path / f"platform-{environment}-users.template.json").is_file()


def test_two_runs_write_the_same_bytes(tmp_path: Path) -> None:
    for name in ("first", "second"):
        assert run_app(tmp_path / name, environment="local", validation=False).returncode == 0

    first, second = (
        {file.relative_to(folder): file.read_bytes() for file in folder.rglob("*") if file.is_file()}
        for folder in (tmp_path / "first", tmp_path / "second")
    )
    assert first == second


def test_without_an_environment_it_says_which_there_are(tmp_path: Path) -> None:
    result = run_app(tmp_path, environment=None)

    assert result.returncode == 1
    assert f"-c environment: expected one of: {', '.join(environment_names())}; found nothing" in result.stderr
    assert "Traceback" not in result.stderr
