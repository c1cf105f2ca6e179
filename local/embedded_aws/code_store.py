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
        root, store = Path(path).resolve(), _store()
        made: set[Path] = set()
        for entry in self.infolist():
            target = (root / entry.filename).resolve()
            if not target.is_relative_to(root):
                raise zipfile.BadZipFile(f"{entry.filename} lies outside the archive")
            folder = target if entry.is_dir() else target.parent
            if folder not in made:
                folder.mkdir(parents=True, exist_ok=True)
                made.add(folder)
            if not entry.is_dir():
                target.hardlink_to(self._stored(entry, store))

    def _stored(self, entry: zipfile.ZipInfo, store: Path) -> Path:
        # The checksum is what the archive itself vouches with, for one path and one size.
        name = blake2b(f"{entry.filename}\0{entry.file_size}\0{entry.CRC}".encode(), digest_size=16).hexdigest()
        stored = store / name
        if not stored.exists():
            descriptor, unfinished = tempfile.mkstemp(dir=store)
            with os.fdopen(descriptor, "wb") as file:
                file.write(self.read(entry))
            Path(unfinished).chmod(0o444)
            # Two threads may unpack the same at once; a copy that is there is never replaced, for the other
            # may be linking to it, which fails in the moment that its last name goes.
            with contextlib.suppress(FileExistsError):
                stored.hardlink_to(unfinished)
            Path(unfinished).unlink()
        return stored


class _SharingZipModule:
    """The zipfile module for `lambda_runtime`."""

    ZipFile = _SharingZipFile

    def __getattr__(self, name: str) -> Any:
        return getattr(zipfile, name)


def _store() -> Path:
    store = Path(tempfile.gettempdir(), "code-store")
    store.mkdir(exist_ok=True)
    return store


def _install() -> None:
    lambda_runtime.zipfile = _SharingZipModule()


EXTENSION = Extension(
    name="code_store",
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
