"""`make dev`: what is saved is live, by a reload of the service where that is enough, else by a deployment."""

import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError
from watchfiles import watch

from cdk.bundle_archive import BundleError
from cdk.configuration_error import ConfigurationError
from cdk.manifest import Manifest
from cdk.services import MANIFEST, load_manifests
from local.deployment import Deployment
from local.errors import PlatformError
from local.progress import Progress
from local.reload import Reloader
from local.settings import Settings

_DEPLOYED = ("app.py", "cdk.json", "cdk", "events")
_IGNORED = {"__pycache__", ".git"}
# Editors write a file in several steps; what comes within this time belongs together.
_DEBOUNCE_MS = 120


def changes(settings: Settings) -> Iterator[set[Path]]:
    """Yield the files, relative to the checkout, of each save, until Ctrl-C."""
    watched = [settings.checkout / name for name in (*_DEPLOYED, "functions")]
    for batch in watch(*watched, debounce=_DEBOUNCE_MS, step=40, raise_interrupt=True):
        files = {Path(name).relative_to(settings.checkout) for _, name in batch}
        relevant = {file for file in files if not _IGNORED & set(file.parts) and not file.name.endswith(("~", ".swp"))}
        if relevant:
            yield relevant


def needs_deployment(files: Iterable[Path]) -> bool:
    """Tell whether anything but a service's code changed."""
    return any(file.parts[0] in _DEPLOYED or file.name in {MANIFEST, "requirements.txt"} for file in files)


def touched(files: Iterable[Path], manifests: Iterable[Manifest]) -> list[Manifest]:
    """Pick the services whose bundle the files are in; what is shared is in all of them."""
    names = {file.parts[1] for file in files if len(file.parts) > 1}
    manifests = list(manifests)
    if "shared" in names or "__init__.py" in names:
        return manifests
    return [manifest for manifest in manifests if manifest.service in names]


def follow(settings: Settings, *, region: str, deploy: Callable[[], None], progress: Progress) -> None:
    """Put each save live until Ctrl-C; an error is shown, and what was live stays so."""
    reloader = Reloader(settings, region=region)
    deployment = Deployment(settings, region=region)
    for files in changes(settings):
        began_at = time.monotonic()
        shown = ", ".join(sorted(str(file) for file in files)[:3]) + (" …" if len(files) > 3 else "")  # noqa: PLR2004
        try:
            if needs_deployment(files):
                progress.say(f"{shown}: deploying")
                deploy()
                continue
            services = touched(files, load_manifests())
            if services:
                deployment.note_reload()
                reloader.reload(services)
            names = ", ".join(manifest.service for manifest in services) or "no service"
            progress.say(f"{shown}: {names} live after {time.monotonic() - began_at:.1f} s")
        except (BundleError, ConfigurationError, PlatformError, SyntaxError, ClientError, BotoCoreError) as error:
            progress.say(f"{shown}: not live, the version before keeps running\n  {error}")
