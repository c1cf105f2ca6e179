"""Zips and bytecode that are the same bytes wherever and whenever they are made."""

import py_compile
import tempfile
import zipfile
from collections.abc import Iterable
from importlib.util import cache_from_source
from pathlib import Path

# The earliest time that a zip can hold.
LONG_AGO = (1980, 1, 1, 0, 0, 0)
# Lambda runs a function as another user than the one that unpacked it: everybody may read.
READABLE = 0o100644 << 16


class BundleError(Exception):
    """A service cannot be bundled; the message says why and what to do."""


def add_files(archive: Path, files: Iterable[tuple[str, bytes]]) -> None:
    """Append files to a zip, which need not exist yet: no times, no owners, nothing of this machine."""
    with zipfile.ZipFile(archive, "a", zipfile.ZIP_DEFLATED, compresslevel=9) as opened:
        for name, content in files:
            entry = zipfile.ZipInfo(name, LONG_AGO)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = READABLE
            entry.create_system = 3  # Unix, also when the bundle is built elsewhere
            opened.writestr(entry, content)


def compiled(sources: Iterable[Path], root: Path) -> list[tuple[str, bytes]]:
    """Compile the Python files among the sources to bytecode that the runtime takes without looking at its source.

    Raises:
        BundleError: A source has a syntax error.
    """
    bytecode: list[tuple[str, bytes]] = []
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder, "output.pyc")
        for source in sources:
            if source.suffix == ".py":
                name = source.relative_to(root).as_posix()
                _compile(source, output, name)
                bytecode.append((cache_from_source(name), output.read_bytes()))
    return bytecode


def _compile(source: Path, output: Path, name: str) -> None:
    try:
        py_compile.compile(
            str(source),
            cfile=str(output),
            dfile=name,
            doraise=True,
            invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
        )
    except py_compile.PyCompileError as error:
        raise BundleError(f"{name} does not compile: {error.exc_value}") from error
