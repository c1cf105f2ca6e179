"""The input of `make lock`: a line for each bundle, with the path of its lock and its dependencies."""

import sys

from cdk.bundles.release_check import DEPENDENCIES, LOCK
from cdk.settings.manifests import MANIFEST, PROJECT, read_manifest


def main() -> None:
    """Print the lines; the locks need not exist yet."""
    for file in sorted(PROJECT.glob(f"functions/*/{MANIFEST}")):
        manifest = read_manifest(file)
        for bundle in manifest.bundle_names:
            sys.stdout.write(f"{manifest.lock_of(bundle)} {' '.join(manifest.part(bundle).dependencies)}\n")
    sys.stdout.write(f"{LOCK} {' '.join(DEPENDENCIES)}\n")


if __name__ == "__main__":
    main()
