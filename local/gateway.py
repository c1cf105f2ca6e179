"""The gateway on this machine: the real Traefik with the configuration that AWS gets, too."""

from pathlib import Path

from local.processes import BackgroundProcess
from local.settings import Settings

CERTIFICATE = "gateway"
STOP_S = 15


def process(settings: Settings) -> BackgroundProcess:
    """Describe the process."""
    return BackgroundProcess("gateway", settings.run, settings.logs / "gateway.log")


def access_log(settings: Settings) -> Path:
    """Name Traefik's access log."""
    return settings.logs / "access.log"
