"""Prints what `make lock` locks, a line for each bundle: the lock's file and the names of the dependencies."""

import sys

from cdk.settings.manifests import MANIFEST, PROJECT, read_manifest


def main() -> None:
    """Print the lines; the locks themselves need not be there yet."""
    for file in sorted(PROJECT.glob(f"functions/*/{MANIFEST}")):
        manifest = read_manifest(file)
        for bundle in manifest.bundle_names:
            sys.stdout.write(f"{manifest.lock_of(bundle)} {' '.join(manifest.part(bundle).dependencies)}\n")


if __name__ == "__main__":
    main()
