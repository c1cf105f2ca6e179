"""Reproducible zips and bytecode: the same bytes on every machine and at any time."""

import marshal
import subprocess
import sys
import zipfile
from collections.abc import Iterable
from importlib.util import cache_from_source
from pathlib import Path

from cdk.bundles import bytecode

# The earliest time that a zip can store.
LONG_AGO = (1980, 1, 1, 0, 0, 0)
# Readable by all: the user that runs a function is not the one that unpacks the zip.
READABLE = 0o100644 << 16


class BundleError(Exception):
    """A service cannot be bundled; the message contains the cause and the remedy."""


def add_files(archive: Path, files: Iterable[tuple[str, bytes]]) -> None:
    """Append files to a new or existing zip, without times, owners or other data of this machine."""
    with zipfile.ZipFile(archive, "a", zipfile.ZIP_DEFLATED, compresslevel=9) as opened:
        for name, content in files:
            entry = zipfile.ZipInfo(name, LONG_AGO)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = READABLE
            entry.create_system = 3  # Unix, even if the bundle is built on another system
            opened.writestr(entry, content)


def compiled(sources: Iterable[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
    """Compile the Python files of the sources to bytecode that the runtime does not check against them.

    Raises:
        BundleError: A source has a syntax error.
    """
    modules = [(name, source) for name, source in sources if name.endswith(".py")]
    command = [sys.executable, "-I", "-S", bytecode.__file__]
    result = subprocess.run(command, input=marshal.dumps(modules), capture_output=True, check=False)
    if result.returncode:
        raise BundleError(result.stderr.decode().strip())
    made: list[bytes] = marshal.loads(result.stdout)  # noqa: S302 - our own process wrote it
    return [(cache_from_source(name), each) for (name, _), each in zip(modules, made, strict=True)]
