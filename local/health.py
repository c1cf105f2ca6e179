"""The health of the services on this machine, asked through the gateway."""

import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus

from cdk.settings.manifests import load_manifests
from local.errors import PlatformError
from local.probe import status_of
from local.progress import Step
from local.settings import Settings

_WAIT_S = 60


def service_paths() -> dict[str, str]:
    """Map each service with an HTTP API to its path, from the manifests."""
    return {manifest.service: manifest.http.path for manifest in load_manifests() if manifest.http}


def health(settings: Settings, paths: Mapping[str, str]) -> dict[str, int | None]:
    """Ask all services in parallel, through the gateway, for their HTTP status; None if one does not answer."""

    def ask(path: str) -> int | None:
        # The first request starts a process and imports the application.
        return status_of(f"{settings.gateway_url}{path}/health", ca_file=settings.ca_file, timeout_s=30)

    with ThreadPoolExecutor(max_workers=8) as pool:
        return dict(zip(paths, pool.map(ask, paths.values()), strict=True))


def wait_until_healthy(settings: Settings, paths: Mapping[str, str], step: Step) -> None:
    """Return when every service answers 200; raise PlatformError with the services that do not in time."""
    deadline = time.monotonic() + _WAIT_S
    while True:
        answers = health(settings, paths)
        unhealthy = {service: status for service, status in answers.items() if status != HTTPStatus.OK}
        if not unhealthy:
            return
        named = ", ".join(f"{service} ({status or 'no answer'})" for service, status in unhealthy.items())
        step.say(f"waiting for {named}")
        if time.monotonic() > deadline:
            raise PlatformError(
                f"{named} did not become healthy within {_WAIT_S} s. See `make logs service={next(iter(unhealthy))}` "
                f"and {settings.logs}."
            )
        time.sleep(0.3)
