"""Synthesis of the templates without the code: with empty bundles and images."""

import json
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from aws_cdk import App

from cdk.app_stacks import add_stacks, make_app
from cdk.bundles.release_check import release_check_key
from cdk.gateway import collector
from cdk.settings.environment import Environment
from cdk.settings.manifest import Manifest
from cdk.settings.manifests import PROJECT


def synthesize(
    folder: Path,
    environments: Sequence[Environment],
    manifests: Sequence[Manifest],
    context: Mapping[str, Any] | None = None,
) -> Path:
    """Synthesize the services in each environment; only the digests of the code differ from a deployment's.

    Args:
        folder: An empty folder.
        environments: The environments.
        manifests: The manifests of the services.
        context: What `-c key=value` adds to the context of the CDK's command line.

    Returns:
        The folder of the cloud assembly.
    """
    app_without_code(folder, environments, manifests, context).synth()
    return folder / "cdk.out"


def app_without_code(
    folder: Path,
    environments: Sequence[Environment],
    manifests: Sequence[Manifest],
    context: Mapping[str, Any] | None = None,
) -> App:
    """Make the app of these services and environments; it writes to `cdk.out` in the folder.

    Raises:
        ConfigurationError: The services and environments do not fit together; the message lists every problem.
    """
    app = make_app(context={**feature_flags(), **(context or {})}, folder=folder / "cdk.out")
    bundles, image = empty_bundles(folder, manifests), empty_image(folder)
    for environment in environments:
        add_stacks(app, environment, manifests, bundles, image)
    return app


def feature_flags() -> dict[str, Any]:
    """Read the context that the CDK's command line passes to the app."""
    flags: dict[str, Any] = json.loads((PROJECT / "cdk.json").read_text("utf-8"))["context"]
    return flags


def empty_bundles(folder: Path, manifests: Sequence[Manifest]) -> dict[str, Path]:
    """Write an empty zip for each bundle."""
    keys = [manifest.bundle_key(bundle) for manifest in manifests for bundle in manifest.bundle_names]
    keys += [release_check_key(manifest) for manifest in manifests]
    # The digest at the end of its name identifies an asset.
    bundles = {key: folder / f"{key}-empty-{zlib.crc32(key.encode()):016x}.zip" for key in keys}
    for bundle in bundles.values():
        zipfile.ZipFile(bundle, "w").close()
    return bundles


def empty_image(folder: Path) -> Path:
    """Write the folder of the gateway's empty images."""
    image = folder / "image"
    for inner in (image, image / collector.FOLDER):
        inner.mkdir()
        (inner / "Dockerfile").write_text(f"FROM scratch\nLABEL name={inner.name}\n")
    return image
