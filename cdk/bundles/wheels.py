"""Locked packages as wheels: `make install` fetches them, and later installations take them from uv's cache.

So a synthesis needs no network. `python -m cdk.bundles.wheels` fetches the packages of the bundles and of the gateway's
image, for every environment; `make install` runs it if a lock or an environment has changed since.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from uv import find_uv_bin

from cdk.bundles.architectures import platform_tag
from cdk.bundles.bundle_archive import BundleError
from cdk.settings.configuration_error import ConfigurationError
from cdk.settings.environment import Architecture, environment_names, load_environment
from cdk.settings.manifests import LOCKS, PROJECT

# Lambda's python3.13 runs on Amazon Linux 2023, which has glibc 2.34:
# https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
TARGETS: dict[Architecture, str] = {"arm64": "aarch64-manylinux_2_28", "x86_64": "x86_64-manylinux_2_28"}
PYTHON_VERSION = "3.13"
_AT_ONCE = 8
GATEWAY_LOCK = PROJECT / "cdk" / "gateway" / "requirements.txt"


def install_wheels(lock: Path, folder: Path, *, architecture: Architecture, offline: bool = True) -> None:
    """Install the locked packages into a folder.

    Raises:
        BundleError: A package was not fetched, does not exist for the platform, or differs from the lock.
    """
    target = TARGETS.get(architecture)
    command = [
        *(find_uv_bin(), "pip", "install", "--quiet", "--no-deps", "--require-hashes", "--only-binary", ":all:"),
        *("--python", sys.executable, "--target", str(folder), "--requirement", str(lock)),
        *(("--python-version", PYTHON_VERSION, "--python-platform", target) if target else ()),
        *(("--offline",) if offline else ()),
    ]
    environment = {"UV_CACHE_DIR": str(PROJECT / ".local" / "cache" / "uv"), **os.environ}
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if result.returncode:
        hint = " from the fetched packages (make install fetches the packages of a new lock)" if offline else ""
        raise BundleError(
            f"The packages of {lock} cannot be installed for {platform_tag(architecture)}{hint}:\n{result.stderr}"
        )


def locks_to_fetch() -> Iterator[tuple[Path, Architecture]]:
    """Yield each lock with each architecture of an environment; environment files with errors are ignored."""
    architectures: set[Architecture] = set()
    for name in environment_names():
        with suppress(ConfigurationError):
            architectures.add(load_environment(name).architecture)
    for lock in sorted(PROJECT.glob(f"functions/**/{LOCKS}")):
        for architecture in sorted(architectures):
            yield lock, architecture
    yield GATEWAY_LOCK, "arm64"


def fetch(lock: Path, architecture: Architecture) -> None:
    """Fetch the packages of a lock into uv's cache.

    Raises:
        BundleError: As `install_wheels` does.
    """
    with tempfile.TemporaryDirectory() as folder:
        install_wheels(lock, Path(folder), architecture=architecture, offline=False)


def main() -> None:
    """Fetch all packages; most of the time, the processes wait for the package index."""
    # Many services have equal locks.
    different = {(lock.read_bytes(), architecture): (lock, architecture) for lock, architecture in locks_to_fetch()}
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        list(pool.map(lambda each: fetch(*each), different.values()))


if __name__ == "__main__":
    try:
        main()
    except BundleError as error:
        sys.exit(f"{error}")
