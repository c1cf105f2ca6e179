"""The bill of materials of a release: every locked package that functions and the gateway's image ship.

`python -m tools.pipeline.sbom release/sbom.json` writes it as CycloneDX 1.6: https://cyclonedx.org/docs/1.6/json/
"""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
_PACKAGE = re.compile(r"^(?P<name>[a-zA-Z0-9._-]+)==(?P<version>[^\s;\\]+)")
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


def locks(root: Path = ROOT) -> list[Path]:
    """Return the locks of everything that is shipped; tools and tests ship nothing."""
    return sorted([*root.glob("functions/**/requirements*.txt"), root / "cdk/gateway/requirements.txt"])


def bill(root: Path = ROOT) -> dict[str, Any]:
    """Return the bill of materials; a package in several locks is there once, with the locks that name it."""
    found: dict[str, dict[str, Any]] = {}
    for lock in locks(root):
        for name, version, hashes in packages(lock.read_text("utf-8")):
            purl = f"pkg:pypi/{name}@{version}"
            component = found.setdefault(
                purl,
                {
                    "type": "library",
                    "bom-ref": purl,
                    "name": name,
                    "version": version,
                    "purl": purl,
                    "hashes": [{"alg": "SHA-256", "content": digest} for digest in hashes],
                    "properties": [],
                },
            )
            component["properties"].append({"name": "platform:lock", "value": str(lock.relative_to(root))})
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": {"type": "application", "bom-ref": "platform", "name": "platform"}},
        "components": [found[purl] for purl in sorted(found)],
    }


def packages(lock: str) -> Iterator[tuple[str, str, list[str]]]:
    """Read a lock: the name, the version and the SHA-256 digests of each package."""
    for entry in re.split(r"\n(?=[a-zA-Z0-9])", lock):
        if package := _PACKAGE.match(entry):
            yield package["name"].lower(), package["version"], _HASH.findall(entry)


def main(file: str) -> int:
    """Write the bill of materials."""
    path = Path(file)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(bill(), indent=2) + "\n", "utf-8")
    sys.stdout.write(f"✔ {file}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
