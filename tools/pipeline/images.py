"""The container images of a cloud assembly: built once, and kept as files beside the templates.

`cdk deploy` would build an image in each job. After `save`, the assembly has a file instead of each folder with a
Dockerfile, and `cdk deploy` loads and pushes exactly this file:
https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.cloud_assembly_schema.DockerImageSource.html
"""

import gzip
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any


class ImageError(Exception):
    """An image could not be built."""


def save(assembly: Path) -> list[Path]:
    """Build the images of an assembly; return their files.

    Raises:
        ImageError: Docker failed, or an image needs an option that is not known here.
    """
    built: dict[str, Path] = {}
    for manifest in sorted(assembly.glob("*.assets.json")):
        described = json.loads(manifest.read_text("utf-8"))
        for asset_id, asset in described.get("dockerImages", {}).items():
            if asset_id not in built:
                built[asset_id] = _build(assembly, asset_id, asset["source"])
            asset["source"] = {"executable": _loading(built[asset_id].name, _tag(asset_id))}
        manifest.write_text(json.dumps(described, indent=1), "utf-8")
    return list(built.values())


def _build(assembly: Path, asset_id: str, source: dict[str, Any]) -> Path:
    if unknown := source.keys() - {"directory", "platform"}:
        raise ImageError(f"The image {asset_id} has options that tools/pipeline/images.py does not know: {unknown}.")
    platform = ("--platform", source["platform"]) if "platform" in source else ()
    folder = assembly / source["directory"]
    _docker("build", "--tag", _tag(asset_id), *platform, str(folder))
    file = assembly / f"image.{asset_id}.tar"
    _docker("save", "--output", str(file), _tag(asset_id))
    # The folder cannot be built again, so nothing but the file can be pushed.
    shutil.rmtree(folder)
    return _compressed(file)


def _compressed(file: Path) -> Path:
    """Compress a file without its time, so that equal images have equal files."""
    target = file.with_suffix(".tar.gz")
    with file.open("rb") as read, target.open("wb") as raw, gzip.GzipFile("", "wb", fileobj=raw, mtime=0) as written:
        shutil.copyfileobj(read, written)
    file.unlink()
    return target


def _loading(name: str, tag: str) -> list[str]:
    """Return the command that the CDK runs in the assembly's folder; its output is the name of the image."""
    return ["sh", "-c", f'"${{CDK_DOCKER:-docker}}" load --quiet --input {name} >&2 && echo {tag}']


def _tag(asset_id: str) -> str:
    # Its own name: the CDK takes an image `cdkasset-…` of the machine without asking where it is from.
    return f"release-{asset_id.lower()}"


def _docker(*arguments: str) -> None:
    # The variable with which the CDK, too, names another program.
    program = os.environ.get("CDK_DOCKER", "docker")
    # As the CDK builds: with attestations of its own, the image would be an index of several.
    variables = {**os.environ, "BUILDX_NO_DEFAULT_ATTESTATIONS": "1"}
    try:
        done = subprocess.run([program, *arguments], env=variables, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise ImageError(f"{program} builds the images and is missing.") from error
    if done.returncode != 0:
        raise ImageError(f"`{program} {arguments[0]}` failed: {done.stderr.strip()}")
