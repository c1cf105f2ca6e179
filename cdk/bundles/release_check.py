"""The zip of a service's release check: the code in functions/shared/release_check, and the calls of the service."""

import json
from collections.abc import Iterable
from pathlib import Path

from cdk.bundles.architectures import platform_tag
from cdk.bundles.bundle import CACHE, RELEASE_CHECK, build_dependencies, contents, pack
from cdk.settings.environment import Architecture
from cdk.settings.manifest import Manifest
from cdk.settings.manifests import PROJECT
from cdk.settings.synthetic import read_synthetic, release_checks

FOLDER = Path("functions", "shared", RELEASE_CHECK)
HANDLER = f"functions.shared.{RELEASE_CHECK}.hook.handler"
LOCK = FOLDER / "requirements.txt"
DEPENDENCIES = ("botocore", "jsonschema")
# The modules that it needs beside its own.
_SHARED = (
    "functions/__init__.py",
    "functions/shared/__init__.py",
    "functions/shared/interface/__init__.py",
    "functions/shared/interface/names.py",
)


class _ReleaseCheck(Manifest):
    """Its dependencies, in the form of a manifest; it is no service."""

    @property
    def folder(self) -> Path:
        """The folder of its lock."""
        return FOLDER


def release_check_key(manifest: Manifest) -> str:
    """Return the key of the release check's zip of a service, among those of all bundles."""
    return f"{manifest.service}-release-check"


def build_release_checks(
    manifests: Iterable[Manifest], *, architecture: Architecture, project: Path = PROJECT
) -> dict[str, Path]:
    """Build the zips that are not in the cache; return each by its key.

    Raises:
        BundleError: The dependencies cannot be installed.
        ConfigurationError: A service has no requests for the check, or wrong ones.
    """
    (project / CACHE).mkdir(parents=True, exist_ok=True)
    needed = _ReleaseCheck.model_construct(
        service="release-check", dependencies=DEPENDENCIES, aws_clients=("codedeploy", "lambda"), bundles={}
    )
    dependencies = build_dependencies(needed, None, architecture, project)
    files = [project / path for path in _SHARED] + sorted((project / FOLDER).glob("*.py"))
    sources = contents(files, project)
    built = {}
    for manifest in manifests:
        calls = json.dumps(release_checks(manifest, read_synthetic(manifest, project), project))
        key = release_check_key(manifest)
        zipped = [*sources, ((FOLDER / "checks.json").as_posix(), calls.encode())]
        built[key] = pack(f"{key}-{platform_tag(architecture)}", dependencies, zipped)
    return built
