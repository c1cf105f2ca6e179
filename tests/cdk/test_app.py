"""`app.py` as the CDK's command line runs it."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from cdk.settings.environment import environment_names
from cdk.settings.manifests import PROJECT
from cdk.synthesis import feature_flags

pytestmark = pytest.mark.slow

# A run without validation does not write it.
REPORT = "validation-report.json"
# A new network namespace, without any address, not even loopback.
ALONE = ("unshare", "--map-root-user", "--net")
# Without network namespaces: a proxy address on which nothing listens, so that every request fails.
CLOSED = "http://127.0.0.1:9"
# The audit hook ends the process at the first connection that Python opens. If the CDK itself needs a lookup, the
# manifest contains missing context.
NO_NETWORK = """
import runpy, sys

def refuse(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname"):
        raise SystemExit(f"a call to the network: {arguments}")

sys.addaudithook(refuse)
sys.path.insert(0, ".")
runpy.run_path("app.py", run_name="__main__")
"""
BUILD = """
import sys
from pathlib import Path
sys.path.insert(0, ".")
from cdk.bundles.bundle import build_bundles
from cdk.settings.environment import load_environment
from cdk.gateway.image import build_image_folder
from cdk.settings.manifests import load_manifests
environment, manifests, folder = load_environment("prod"), load_manifests(), Path(sys.argv[1])
build_bundles(manifests, architecture=environment.architecture, project=folder)
build_image_folder(environment, manifests, images=folder / "images")
"""


@cache
def alone() -> tuple[str, ...]:
    """Return the command prefix that runs a process tree without a network, if the machine supports it."""
    if not shutil.which(ALONE[0]) or subprocess.run([*ALONE, "true"], capture_output=True, check=False).returncode:
        return ()
    return ALONE


def run(*command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command of this project without a network and without credentials."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    proxies = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy"), CLOSED)
    return subprocess.run(
        [*alone(), *command],
        cwd=PROJECT,
        env={**inherited, **({} if alone() else proxies), **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def run_app(
    folder: Path, *, environment: str | None, validation: bool = True, hash_seed: int = 0
) -> subprocess.CompletedProcess[str]:
    context = {**feature_flags(), **({"environment": environment} if environment else {})}
    return run(
        *(sys.executable, "-c", NO_NETWORK),
        CDK_OUTDIR=str(folder),
        CDK_CONTEXT_JSON=json.dumps(context),
        CDK_VALIDATION="true" if validation else "false",
        PYTHONHASHSEED=str(hash_seed),
    )


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Synthesize an environment with its validation, once for all tests of it; return the folder."""

    @cache
    def folder_of(environment: str) -> Path:
        folder = tmp_path_factory.mktemp(environment)
        result = run_app(folder, environment=environment, hash_seed=1)
        assert result.returncode == 0, result.stderr
        return folder

    return folder_of


@pytest.mark.parametrize("environment", environment_names())
def test_every_environment_synthesizes_without_network_findings_or_missing_context(
    folders: Callable[[str], Path], environment: str
) -> None:
    folder = folders(environment)

    assert "missing" not in json.loads((folder / "manifest.json").read_text("utf-8"))
    assert json.loads((folder / REPORT).read_text("utf-8"))["pluginReports"] == []
    assert (folder / f"platform-{environment}-users.template.json").is_file()


@pytest.mark.parametrize("environment", environment_names())
def test_two_runs_write_the_same_bytes_with_any_order_of_sets(
    folders: Callable[[str], Path], tmp_path: Path, environment: str
) -> None:
    assert run_app(tmp_path, environment=environment, validation=False, hash_seed=2).returncode == 0

    first, second = (
        {file.relative_to(folder): file.read_bytes() for file in folder.rglob("*") if file.is_file()}
        for folder in (folders(environment), tmp_path)
    )
    del first[Path(REPORT)]
    assert first == second


def test_the_command_line_of_the_cdk_synthesizes_without_a_network(tmp_path: Path) -> None:
    cdk = str(PROJECT / "node_modules" / ".bin" / "cdk")
    words = ("synth", "--quiet", "--no-notices", "--context", "environment=prod", "--output", str(tmp_path))

    result = run(cdk, *words, CDK_DISABLE_CLI_TELEMETRY="true", CDK_DISABLE_VERSION_CHECK="true")

    assert result.returncode == 0, result.stderr
    assert (tmp_path / "platform-prod-gateway.template.json").is_file()


def test_bundles_and_image_need_only_what_make_install_fetched(tmp_path: Path) -> None:
    for copied in ("functions", "events", "docs/runbooks"):
        shutil.copytree(PROJECT / copied, tmp_path / copied)

    result = run(sys.executable, "-c", BUILD, str(tmp_path))

    assert result.returncode == 0, result.stderr
    assert list((tmp_path / "images").glob("gateway-prod-*/traefik"))


def test_the_error_about_a_missing_package_names_the_command_that_fetches_it(tmp_path: Path) -> None:
    for copied in ("functions", "events", "docs/runbooks"):
        shutil.copytree(PROJECT / copied, tmp_path / copied)

    result = run(sys.executable, "-c", BUILD, str(tmp_path), UV_CACHE_DIR=str(tmp_path / "empty"))

    assert result.returncode == 1
    assert "cannot be installed for arm64 from the fetched packages (make install fetches" in result.stderr


def test_without_an_environment_the_error_lists_all(tmp_path: Path) -> None:
    result = run_app(tmp_path, environment=None)

    assert result.returncode == 1
    assert f"-c environment: expected one of: {', '.join(environment_names())}; found nothing" in result.stderr
    assert "Traceback" not in result.stderr
