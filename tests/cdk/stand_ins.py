"""What a synthesis only hands on: bundles that are empty, and an image of nothing."""

import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path

from cdk.manifest import Manifest


def empty_bundles(folder: Path, manifests: Sequence[Manifest]) -> dict[str, Path]:
    """Write an empty zip for each bundle."""
    keys = [manifest.bundle_key(bundle) for manifest in manifests for bundle in manifest.bundle_names]
    # Assets are told apart by the digest that ends their name.
    bundles = {key: folder / f"{key}-test-{zlib.crc32(key.encode()):016x}.zip" for key in keys}
    for bundle in bundles.values():
        zipfile.ZipFile(bundle, "w").close()
    return bundles


def empty_image(folder: Path) -> Path:
    """Write the folder of an image."""
    image = folder / "image"
    image.mkdir()
    (image / "Dockerfile").write_text("FROM scratch\n")
    return image
