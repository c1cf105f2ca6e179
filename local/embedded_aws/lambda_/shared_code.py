"""Unpack the code of functions once, and share the files between the processes that run it.

Relies on the `zipfile.ZipFile` that `lambda_runtime.Worker._spawn` unpacks with; unpacking was three quarters of a cold
start. As on Lambda, the code is read-only.
"""

import contextlib
import os
import tempfile
import zipfile
from hashlib import blake2b
from pathlib import Path
from typing import Any

from ministack.core import lambda_runtime

from local.embedded_aws.extension import Extension, Hook


class _SharingZipFile(zipfile.ZipFile):
    def extractall(self, path: Any = None, members: Any = None, pwd: bytes | None = None) -> None:
        """Link each file to its one copy; unpack the copy if it does not exist yet."""
        if members is not None or pwd is not None:
            super().extractall(path, members, pwd)
            return
        # Strings, because two thousand Path objects take longer to create than the links.
        root, shared = str(Path(path).absolute()), str(store())
        made: set[str] = set()
        for entry in self.infolist():
            # A new folder contains no link, so the normalized name is where the file ends up.
            target = os.path.normpath(os.path.join(root, entry.filename))  # noqa: PTH118 - see above
            if not target.startswith(root + os.sep):
                raise zipfile.BadZipFile(f"{entry.filename} is outside the archive")
            folder = target if entry.is_dir() else os.path.dirname(target)  # noqa: PTH120 - see above
            if folder not in made:
                os.makedirs(folder, exist_ok=True)  # noqa: PTH103 - see above
                made.add(folder)
            if not entry.is_dir():
                self._link(entry, target, shared)

    def _link(self, entry: zipfile.ZipInfo, target: str, shared: str) -> None:
        # The archive's own checksum identifies the content, together with path and size.
        name = blake2b(f"{entry.filename}\0{entry.file_size}\0{entry.CRC}".encode(), digest_size=16).hexdigest()
        stored = f"{shared}/{name}"
        try:
            os.link(stored, target)
        except FileNotFoundError:
            self._unpack(entry, Path(stored))
            os.link(stored, target)

    def _unpack(self, entry: zipfile.ZipInfo, stored: Path) -> None:
        descriptor, unfinished = tempfile.mkstemp(dir=stored.parent)
        with os.fdopen(descriptor, "wb") as file:
            file.write(self.read(entry))
        Path(unfinished).chmod(0o444)
        # Two threads may unpack the same file at once. An existing copy is never replaced: the other thread may be
        # linking to it, which fails if its last name is removed in the meantime.
        with contextlib.suppress(FileExistsError):
            stored.hardlink_to(unfinished)
        Path(unfinished).unlink()


class _SharingZipModule:
    """A replacement of the zipfile module for `lambda_runtime`."""

    ZipFile = _SharingZipFile

    def __getattr__(self, name: str) -> Any:
        return getattr(zipfile, name)


def store() -> Path:
    """Return the folder with the one copy of each file."""
    folder = Path(tempfile.gettempdir(), "shared-code")
    folder.mkdir(exist_ok=True)
    return folder


def _install() -> None:
    lambda_runtime.zipfile = _SharingZipModule()


EXTENSION = Extension(
    closes="Every process of a function unpacked all of its code again.",
    hooks=(
        Hook(
            module="ministack.core.lambda_runtime",
            name="Worker._spawn",
            contains=('"code.zip")) as zf:\n            zf.extractall(code_dir)',),
        ),
    ),
    install=_install,
)
