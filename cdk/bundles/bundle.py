"""Lambda zips without Docker: a service's own code and its locked dependencies, compiled, reproducible and cached.

A digest of all inputs is part of a zip's name, so the cache needs no index, and two processes that build the same zip
at once write the same bytes.
"""

import hashlib
import math
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

from cdk.bundles import botocore_data, bundle_archive, bundle_dependencies, bytecode, wheels
from cdk.bundles.architectures import platform_tag
from cdk.bundles.bundle_archive import add_files, compiled
from cdk.bundles.bundle_dependencies import install_dependencies
from cdk.settings.environment import Architecture
from cdk.settings.manifest import Manifest
from cdk.settings.manifests import LOCKS, MANIFEST, PROJECT
from cdk.settings.synthetic import SYNTHETIC

CACHE = Path(".local", "bundles")
DEPENDENCIES = "dependencies"
# An afternoon of live reload builds hundreds of bundles. An old one is needed again only if a change is soon undone.
KEPT_UNUSED_S = 2 * 3600
DEPENDENCIES_KEPT_UNUSED_S = 14 * 24 * 3600
BUILDING = ".building-"
ABANDONED_AFTER_S = 3600
# No function reads these: a deployment needs the first three, people read the pages.
NOT_SHIPPED = (MANIFEST, LOCKS, SYNTHETIC, "*.md")
RUNBOOK = Path("docs", "runbooks", "alarms.md")
# The folder in functions/shared that only a release check contains: a change of it must release no service.
RELEASE_CHECK = "release_check"


def build_bundles(
    manifests: Iterable[Manifest],
    *,
    architecture: Architecture,
    project: Path = PROJECT,
) -> dict[str, Path]:
    """Build the bundles that are not in the cache, two at a time; return each zip by its bundle's key."""
    bundles = [(manifest, bundle) for manifest in manifests for bundle in manifest.bundle_names]

    def build(each: tuple[Manifest, str | None]) -> Path:
        return build_bundle(each[0], bundle=each[1], architecture=architecture, project=project)

    with ThreadPoolExecutor(max_workers=2) as pool:
        return dict(
            zip((manifest.bundle_key(bundle) for manifest, bundle in bundles), pool.map(build, bundles), strict=True)
        )


def build_bundle(
    manifest: Manifest,
    *,
    architecture: Architecture,
    bundle: str | None = None,
    project: Path = PROJECT,
) -> Path:
    """Return the path of a zip of the service; its name ends in a digest of its content.

    Raises:
        BundleError: The dependencies cannot be installed, or a source does not compile.
    """
    folder = project / CACHE
    folder.mkdir(parents=True, exist_ok=True)
    dependencies = build_dependencies(manifest, bundle, architecture, project)
    # Read each file only once: if one changes during the build, the digest must still match the zip's content.
    sources = contents(own_sources(manifest, project), project)
    return pack(f"{manifest.bundle_key(bundle)}-{platform_tag(architecture)}", dependencies, sources)


def pack(name: str, dependencies: Path, sources: Sequence[tuple[str, bytes]]) -> Path:
    """Return the path of a zip of files, by their paths in it, and of packages; it is beside the packages' zip.

    Raises:
        BundleError: A source does not compile.
    """
    digest = _digest([dependencies.name, _builder(), *(part for source in sources for part in source)])
    built = dependencies.with_name(f"{name}-{digest}.zip")
    if not built.exists():
        with _building(built) as building:
            unfinished = building / built.name
            shutil.copyfile(dependencies, unfinished)
            add_files(unfinished, [*sources, *compiled(sources)])
            unfinished.replace(built)
        _clear(dependencies.parent)
    os.utime(built)
    return built


def own_sources(manifest: Manifest, project: Path = PROJECT) -> list[Path]:
    """List the files that the service ships: those of its own folder and of functions/shared."""
    folders = (project / "functions" / "shared", project / manifest.folder)
    files = [file for folder in folders for file in folder.rglob("*") if file.is_file() and _is_shipped(file)]
    contracts = project.glob("events/*/*.schema.json") if manifest.ships_contracts else ()
    runbook = [project / RUNBOOK] if manifest.ships_runbook else []
    return sorted([project / "functions" / "__init__.py", *files, *contracts, *runbook])


def digest_of(bundle: Path) -> str:
    """Read the digest of a bundle's content from its name."""
    return bundle.stem.rpartition("-")[2]


def _is_shipped(file: Path) -> bool:
    return (
        not any(fnmatch(file.name, pattern) for pattern in NOT_SHIPPED)
        and not {"__pycache__", RELEASE_CHECK} & set(file.parts)
        and not file.name.startswith(".")
    )


def build_dependencies(manifest: Manifest, bundle: str | None, architecture: Architecture, project: Path) -> Path:
    """Return the zip of the third-party packages, built if needed; bundles with the same lock and clients share it."""
    lock = project / manifest.lock_of(bundle)
    manifest = manifest.part(bundle)
    tag = platform_tag(architecture)
    requirements = lock.read_bytes() if manifest.dependencies else b""
    choices = repr((tag, sorted(manifest.aws_clients), sorted(manifest.dependencies)))
    archive = project / CACHE / f"{DEPENDENCIES}-{tag}-{_digest([requirements, choices, _builder()])}.zip"
    if not archive.exists():
        with _building(archive) as folder, _timed(f"dependencies of {manifest.service} for {tag}"):
            packages = folder / "packages"
            packages.mkdir()
            if requirements:
                install_dependencies(lock, packages, architecture=architecture, manifest=manifest)
            files = sorted(file for file in packages.rglob("*") if file.is_file())
            unfinished = folder / archive.name
            add_files(unfinished, contents(files, packages))
            unfinished.replace(archive)
    os.utime(archive)
    return archive


def contents(files: Iterable[Path], root: Path) -> list[tuple[str, bytes]]:
    """Read files once; return each with its path relative to the root."""
    return [(file.relative_to(root).as_posix(), file.read_bytes()) for file in files]


@cache
def _builder() -> bytes:
    """Return the code that builds the zips, as a part of the digests: another version may build other zips."""
    modules = (botocore_data, bundle_archive, bundle_dependencies, bytecode, wheels)
    files = (__file__, *(module.__file__ for module in modules))
    return b"".join(Path(str(file)).read_bytes() for file in files)


def _digest(parts: Iterable[str | bytes]) -> str:
    digest = hashlib.sha256(sys.implementation.cache_tag.encode())
    for part in parts:
        content = part.encode() if isinstance(part, str) else part
        digest.update(f"{len(content)}:".encode() + content)
    return digest.hexdigest()[:32]


@contextmanager
def _building(result: Path) -> Iterator[Path]:
    """Yield a folder on the same file system as the result, so that a rename moves the finished file atomically."""
    with tempfile.TemporaryDirectory(prefix=BUILDING, dir=result.parent) as folder:
        yield Path(folder)


def _clear(folder: Path) -> None:
    """Delete zips that have not been used for a long time, and the folders of killed builds."""
    now = time.time()
    for archive in folder.glob("*.zip"):
        kept_s = DEPENDENCIES_KEPT_UNUSED_S if archive.name.startswith(DEPENDENCIES) else KEPT_UNUSED_S
        if _used_at(archive) < now - kept_s:
            archive.unlink(missing_ok=True)
    for abandoned in folder.glob(f"{BUILDING}*"):
        if _used_at(abandoned) < now - ABANDONED_AFTER_S:
            shutil.rmtree(abandoned, ignore_errors=True)


def _used_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        # Another process has already deleted it.
        return math.inf


@contextmanager
def _timed(work: str) -> Iterator[None]:
    started = time.monotonic()
    sys.stderr.write(f"bundle: {work} …\n")
    yield
    sys.stderr.write(f"bundle: {work}: {time.monotonic() - started:.1f} s\n")
