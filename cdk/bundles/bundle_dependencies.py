"""A service's third-party packages: installed from the lock, trimmed and compiled for Lambda."""

import compileall
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from cdk.bundles.botocore_data import trim_data
from cdk.bundles.bundle_archive import BundleError
from cdk.bundles.wheels import PYTHON_VERSION, install_wheels
from cdk.settings.environment import Architecture
from cdk.settings.manifest import Manifest
from cdk.settings.manifests import MANIFEST

# Installed files that no function reads at run time.
NOT_SHIPPED = (
    "bin",
    "*.dist-info/RECORD",
    "*.dist-info/licenses",
    "*.dist-info/sboms",
    "**/*.pyi",
    "**/*.pyx",
    "**/*.c",
    # Pydantic 2 contains all of Pydantic 1, for projects that still use it.
    "pydantic/v1",
    "pydantic/mypy.py",
    # Powertools is many tools in one package. FastAPI replaces its HTTP framework, and no service uses the other tools
    # of this list; to use one, remove it here.
    "aws_lambda_powertools/event_handler",
    "aws_lambda_powertools/utilities/auth_alpha",
    "aws_lambda_powertools/utilities/circuit_breaker",
    "aws_lambda_powertools/utilities/data_masking",
    "aws_lambda_powertools/utilities/feature_flags",
    "aws_lambda_powertools/utilities/kafka",
    "aws_lambda_powertools/utilities/streaming",
    "aws_lambda_powertools/utilities/validation",
    "boto3/examples",
    "fastapi/.agents",
    # The standard library reads the time zones of Lambda's operating system.
    "dateutil/zoneinfo/*.tar.gz",
    "anyio/_backends/_trio.py",
    "urllib3/contrib/emscripten",
    "botocore/data/*/*/examples-1.json*",
    "botocore/data/*/*/completions-1.json*",
)
# Folders and names of distributions that other packages require, only for features that no service uses. A service
# gets one if its own dependencies list it.
NOT_CALLED = {
    # email-validator can ask DNS if a domain accepts mail; Pydantic never requests that.
    "dns": "dnspython",
    # cryptography is compiled against cffi, but loads only cffi's compiled part.
    "cffi": "cffi",
    "pycparser": "pycparser",
    # FastAPI imports it, even if an app switches telemetry off: see functions/shared/http/fast_start.py.
    "opentelemetry": "opentelemetry-api",
}


def install_dependencies(
    lock: Path,
    folder: Path,
    *,
    architecture: Architecture,
    manifest: Manifest,
) -> None:
    """Install the locked packages into a folder, without files that no function reads, and compile them.

    Raises:
        BundleError: A package was not fetched, a package differs from the lock, or `aws_clients` contains a name for
            which botocore has no client.
    """
    install_wheels(lock, folder, architecture=architecture)
    _check_clients(folder, manifest)
    for unused in _unused(folder, manifest):
        shutil.rmtree(unused) if unused.is_dir() else unused.unlink()
    trim_data(folder, manifest.aws_clients)
    for metadata in folder.glob("*.dist-info/METADATA"):
        _keep_headers(metadata)
    compile_packages(folder)


def _check_clients(folder: Path, manifest: Manifest) -> None:
    """Reject a misspelt client, which a function would notice only at its first call."""
    unknown = [client for client in manifest.aws_clients if not (folder / "botocore" / "data" / client).is_dir()]
    if unknown:
        file = (manifest.folder / MANIFEST).as_posix()
        raise BundleError(f"{file}: aws_clients: expected names for boto3.client(), found {', '.join(unknown)}")


def _unused(folder: Path, manifest: Manifest) -> Iterator[Path]:
    for pattern in NOT_SHIPPED:
        yield from list(folder.glob(pattern))
    for package, distribution in NOT_CALLED.items():
        if (folder / package).is_dir() and distribution not in manifest.dependencies:
            yield folder / package


def _keep_headers(metadata: Path) -> None:
    """Delete a package's README, which follows the headers that `importlib.metadata` reads."""
    headers, _, _ = metadata.read_text("utf-8").partition("\n\n")
    metadata.unlink()  # uv may have linked the file to its cache: never write to it
    metadata.write_text(f"{headers}\n", "utf-8")


def compile_packages(folder: Path) -> None:
    """Compile in a new process, so that the state of this one cannot change the result."""
    command = [
        *(sys.executable, "-I", "-m", compileall.__name__, "-q", "-j", "1"),
        *("--invalidation-mode", "unchecked-hash", "-s", str(folder), str(folder)),
    ]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode:
        raise BundleError(f"A dependency does not compile on Python {PYTHON_VERSION}:\n{result.stdout}{result.stderr}")
