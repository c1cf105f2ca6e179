"""Bundles to measure: a service's, and an empty app's from the same bundler and locks."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

from cdk.bundles.bundle import build_bundle
from cdk.settings.manifests import load_manifests

ROOT = Path(__file__).parents[2]
MANIFEST = """
description = "An empty app."
owner = "bench"
dependencies = ["fastapi", "mangum", "opentelemetry-api"]
aws_clients = []
[http]
[functions.api]
handler = "functions.empty.api.handler"
trigger = "http"
"""


def bundle_of(service: str) -> Path:
    """Return the zip of a service for this machine."""
    [manifest] = [manifest for manifest in load_manifests() if manifest.service == service]
    return build_bundle(manifest, architecture="host")


def empty_bundle(folder: Path) -> Path:
    """Build the empty app's zip in a project of its own in `folder`."""
    service = folder / "functions" / "empty"
    service.mkdir(parents=True)
    (folder / "functions" / "shared").mkdir()
    for package in (folder / "functions", service):
        (package / "__init__.py").touch()
    (service / "service.toml").write_text(MANIFEST)
    shutil.copy(Path(__file__).with_name("empty_app.py"), service / "api.py")
    lock = [
        *(sys.executable, "-m", "uv", "pip", "compile", "-q", "--universal", "--generate-hashes", "--no-header"),
        *("--python-version", "3.13", "--constraint", str(ROOT / "requirements.txt"), "-"),
        *("-o", str(service / "requirements.txt")),
    ]
    subprocess.run(lock, input="fastapi\nmangum\n", text=True, check=True)
    [manifest] = load_manifests(folder)
    return build_bundle(manifest, architecture="host", project=folder)


def unpacked(bundle: Path, folder: Path) -> Path:
    """Unpack a zip as Lambda would."""
    with zipfile.ZipFile(bundle) as archive:
        archive.extractall(folder)
    return folder
