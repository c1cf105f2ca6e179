"""`make dev`: apply saved changes: by a reload of the service if that is enough, otherwise by a deployment."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError
from watchfiles import watch

from cdk.bundles.bundle_archive import BundleError
from cdk.settings.configuration_error import ConfigurationError
from cdk.settings.manifest import Manifest
from cdk.settings.manifests import MANIFEST, load_manifests
from local.deployment import Deployment
from local.errors import PlatformError
from local.function_starts import StartFailure
from local.progress import Progress
from local.reload import Reloader
from local.settings import Settings

_DEPLOYED = ("app.py", "cdk.json", "cdk", "events")
_IGNORED = {"__pycache__", ".git"}
# Editors write a file in several steps; changes within this time are one save.
_DEBOUNCE_MS = 120
_IDLE_MS = 200
_SHOWN = 3


def changes(settings: Settings) -> Iterator[set[Path]]:
    """Yield the files of each save, relative to the checkout, until Ctrl-C; the first set is empty, at the start."""
    watched = [settings.checkout / name for name in (*_DEPLOYED, "functions")]
    begun = False
    for batch in watch(
        *watched,
        debounce=_DEBOUNCE_MS,
        step=40,
        rust_timeout=_IDLE_MS,
        yield_on_timeout=True,
        raise_interrupt=True,
    ):
        if not begun:
            begun = True
            yield set()
        files = {Path(name).relative_to(settings.checkout) for _, name in batch}
        relevant = {file for file in files if not _IGNORED & set(file.parts) and not file.name.endswith(("~", ".swp"))}
        if relevant:
            yield relevant


def needs_deployment(files: Iterable[Path]) -> bool:
    """Return True if more than the code of services changed."""
    return any(file.parts[0] in _DEPLOYED or file.name in {MANIFEST, "requirements.txt"} for file in files)


def touched(files: Iterable[Path], manifests: Iterable[Manifest]) -> list[Manifest]:
    """Return the services with one of the files in their bundle; shared files are in every bundle."""
    names = {file.parts[1] for file in files if len(file.parts) > 1}
    manifests = list(manifests)
    if "shared" in names or "__init__.py" in names:
        return manifests
    return [manifest for manifest in manifests if manifest.service in names]


def follow(settings: Settings, *, region: str, deploy: Callable[[], None], progress: Progress) -> None:
    """Apply each save until Ctrl-C; after an error, the previous version stays live."""
    with closing(Reloader(settings, region=region)) as reloader:
        _follow(settings, reloader, Deployment(settings, region=region), deploy=deploy, progress=progress)


def _follow(
    settings: Settings, reloader: Reloader, deployment: Deployment, *, deploy: Callable[[], None], progress: Progress
) -> None:
    for files in changes(settings):
        try:
            if not files:
                # A file may have been saved after the deployment read it and before the watch began.
                if not deployment.is_current:
                    deploy()
                progress.say(
                    "\nWatching functions/, events/ and cdk/. Ctrl-C ends this; `make down` stops the platform."
                )
            elif needs_deployment(files):
                progress.say(f"{_named(files)}: deploying")
                deploy()
            elif services := touched(files, load_manifests()):
                began_at = time.monotonic()
                deployment.note_reload()
                failures = reloader.reload(services, on_failure=lambda failure: progress.say(str(failure)))
                progress.say(outcome(files, services, failures, after_s=time.monotonic() - began_at))
        except (BundleError, ConfigurationError, PlatformError, ClientError, BotoCoreError) as error:
            progress.say(f"{_named(files)}: not live; the version before keeps running\n  {error}")


def outcome(files: set[Path], services: Iterable[Manifest], failures: Sequence[StartFailure], *, after_s: float) -> str:
    """Say which services are live, and which functions do not start and why."""
    broken = {failure.service for failure in failures}
    live = ", ".join(manifest.service for manifest in services if manifest.service not in broken)
    said = [f"{live} live after {after_s:.1f} s"] if live else []
    said += [f"{', '.join(sorted(broken))} not live after {after_s:.1f} s"] if broken else []
    return "\n".join([f"{_named(files)}: {'; '.join(said)}", *map(str, failures)])


def _named(files: set[Path]) -> str:
    names = sorted(str(file) for file in files)
    return ", ".join(names[:_SHOWN]) + (" …" if len(names) > _SHOWN else "")
