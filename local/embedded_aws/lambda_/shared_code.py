"""Code of functions is unpacked once: processes that run the same files share them.

Stands on the `zipfile.ZipFile` that `lambda_runtime.Worker._spawn` unpacks with; unpacking was three quarters
of a cold start. As on Lambda, the code is read-only.
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
        """Link each file to its one copy, which is unpacked where there is none yet."""
        if members is not None or pwd is not None:
            super().extractall(path, members, pwd)
            return
        # Strings: two thousand paths take longer to make than to link.
        root, store = str(Path(path).absolute()), str(_store())
        made: set[str] = set()
        for entry in self.infolist():
            # Nothing in a new folder is a link, so the name alone tells where it leads.
            target = os.path.normpath(os.path.join(root, entry.filename))  # noqa: PTH118 - see above
            if not target.startswith(root + os.sep):
                raise zipfile.BadZipFile(f"{entry.filename} lies outside the archive")
            folder = target if entry.is_dir() else os.path.dirname(target)  # noqa: PTH120
            if folder not in made:
                os.makedirs(folder, exist_ok=True)  # noqa: PTH103
                made.add(folder)
            if not entry.is_dir():
                self._link(entry, target, store)

    def _link(self, entry: zipfile.ZipInfo, target: str, store: str) -> None:
        # The checksum is what the archive itself vouches with, for one path and one size.
        name = blake2b(f"{entry.filename}\0{entry.file_size}\0{entry.CRC}".encode(), digest_size=16).hexdigest()
        stored = f"{store}/{name}"
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
        # Two threads may unpack the same at once; a copy that is there is never replaced, for the other
        # may be linking to it, which fails in the moment that its last name goes.
        with contextlib.suppress(FileExistsError):
            stored.hardlink_to(unfinished)
        Path(unfinished).unlink()


class _SharingZipModule:
    """The zipfile module for `lambda_runtime`."""

    ZipFile = _SharingZipFile

    def __getattr__(self, name: str) -> Any:
        return getattr(zipfile, name)


def _store() -> Path:
    store = Path(tempfile.gettempdir(), "shared-code")
    store.mkdir(exist_ok=True)
    return store


def _install() -> None:
    lambda_runtime.zipfile = _SharingZipModule()


EXTENSION = Extension(
    closes="Every process of a function unpacked all of its code anew.",
    hooks=(
        Hook(
            module="ministack.core.lambda_runtime",
            name="Worker._spawn",
            contains=('"code.zip")) as zf:\n            zf.extractall(code_dir)',),
        ),
    ),
    install=_install,
)
