"""Lambda zips without Docker: a service's own code upon its locked dependencies, compiled, byte-identical, cached.

A zip is named by a digest of all that goes into it, so the cache needs no other bookkeeping, and two processes that
build the same one at once write the same bytes.
"""

import hashlib
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from cdk import bundle_archive, bundle_dependencies
from cdk.bundle_archive import add_files, compiled
from cdk.bundle_dependencies import install_dependencies, platform_tag
from cdk.environment import Architecture
from cdk.manifest import Manifest
from cdk.services import MANIFEST, PROJECT

CACHE = Path(".local", "bundles")
KEPT_BUNDLES = 5
BUILDING = ".building-"
ABANDONED_AFTER_S = 3600
# The lock and the manifest are read before a deployment, never by a function.
NOT_SHIPPED = (MANIFEST, "requirements.txt")


def build_bundles(
    manifests: Iterable[Manifest],
    *,
    architecture: Architecture,
    project: Path = PROJECT,
) -> dict[str, Path]:
    """Build what is not in the cache yet, two at once; answer each service's zip."""
    ordered = list(manifests)
    with ThreadPoolExecutor(max_workers=2) as pool:
        zips = pool.map(lambda manifest: build_bundle(manifest, architecture=architecture, project=project), ordered)
        return dict(zip((manifest.service for manifest in ordered), zips, strict=True))


def build_bundle(manifest: Manifest, *, architecture: Architecture, project: Path = PROJECT) -> Path:
    """Answer the path of the service's zip; its name ends in a digest of its content.

    Raises:
        BundleError: The dependencies cannot be installed, or a source does not compile.
    """
    cache = project / CACHE
    cache.mkdir(parents=True, exist_ok=True)
    dependencies = _dependencies(manifest, architecture, project, cache)
    sources = own_sources(manifest, project)
    digest = _digest([dependencies.name, *_named(sources, project), *_named(_builder(), Path(__file__).parent)])
    bundle = cache / f"{manifest.service}-{platform_tag(architecture)}-{digest}.zip"
    if not bundle.exists():
        with _building(bundle) as folder:
            unfinished = folder / bundle.name
            shutil.copyfile(dependencies, unfinished)
            add_files(unfinished, [*_contents(sources, project), *compiled(sources, project)])
            unfinished.replace(bundle)
        _prune(cache, f"{manifest.service}-{platform_tag(architecture)}-*.zip")
    return bundle


def own_sources(manifest: Manifest, project: Path = PROJECT) -> list[Path]:
    """List the files of the project that the service ships: its own folder and what all services share."""
    folders = (project / "functions" / "shared", project / manifest.folder)
    files = [file for folder in folders for file in folder.rglob("*") if file.is_file() and _is_shipped(file)]
    return sorted([project / "functions" / "__init__.py", *files])


def digest_of(bundle: Path) -> str:
    """Read the digest of a bundle's content from its name."""
    return bundle.stem.rpartition("-")[2]


def _is_shipped(file: Path) -> bool:
    return file.name not in NOT_SHIPPED and "__pycache__" not in file.parts and not file.name.startswith(".")


def _dependencies(manifest: Manifest, architecture: Architecture, project: Path, cache: Path) -> Path:
    """Answer the zip of the third-party packages, which every service with the same lock and clients shares."""
    lock = project / manifest.folder / "requirements.txt"
    tag = platform_tag(architecture)
    requirements = lock.read_bytes() if manifest.dependencies else b""
    digest = _digest(
        [requirements, repr((sorted(manifest.aws_clients), sorted(manifest.dependencies))), tag, *_named(_builder(), Path(__file__).parent)]
    )
    archive = cache / f"dependencies-{tag}-{digest}.zip"
    if not archive.exists():
        started = time.monotonic()
        _say(f"bundle: installing the dependencies of {manifest.service} for {tag} …")
        with _building(archive) as folder:
            packages = folder / "packages"
            packages.mkdir()
            if requirements:
                install_dependencies(lock, packages, architecture=architecture, manifest=manifest)
            files = sorted(file for file in packages.rglob("*") if file.is_file())
            unfinished = folder / archive.name
            add_files(unfinished, _contents(files, packages))
            unfinished.replace(archive)
        megabytes = archive.stat().st_size / 1e6
        _say(f"bundle: dependencies of {manifest.service}: {megabytes:.1f} MB in {time.monotonic() - started:.1f} s")
        _prune(cache, f"dependencies-{tag}-*.zip")
    os.utime(archive)
    return archive


def _contents(files: Iterable[Path], root: Path) -> list[tuple[str, bytes]]:
    return [(file.relative_to(root).as_posix(), file.read_bytes()) for file in files]


def _builder() -> list[Path]:
    """The code that decides what a zip looks like: another version of it makes other zips."""
    return [Path(str(module)) for module in (__file__, bundle_archive.__file__, bundle_dependencies.__file__)]


def _named(files: Iterable[Path], root: Path) -> Iterable[bytes]:
    for name, content in _contents(files, root):
        yield name.encode()
        yield content


def _digest(parts: Iterable[str | bytes]) -> str:
    digest = hashlib.sha256(sys.implementation.cache_tag.encode())
    for part in parts:
        content = part.encode() if isinstance(part, str) else part
        digest.update(f"{len(content)}:".encode() + content)
    return digest.hexdigest()[:32]


@contextmanager
def _building(result: Path) -> Iterator[Path]:
    """Give a folder beside the result, so that the finished file takes its place in one step."""
    with tempfile.TemporaryDirectory(prefix=BUILDING, dir=result.parent) as folder:
        yield Path(folder)


def _prune(cache: Path, pattern: str) -> None:
    """Drop old zips of one kind, and what a killed build left behind."""

    def used_at(file: Path) -> float:
        return file.stat().st_mtime if file.exists() else 0.0

    for old in sorted(cache.glob(pattern), key=used_at, reverse=True)[KEPT_BUNDLES:]:
        old.unlink(missing_ok=True)
    for abandoned in cache.glob(f"{BUILDING}*"):
        if used_at(abandoned) < time.time() - ABANDONED_AFTER_S:
            shutil.rmtree(abandoned, ignore_errors=True)


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()
