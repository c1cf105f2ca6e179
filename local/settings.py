"""The folders and the ports of the laptop platform, from environment variables."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Self

from local.errors import PlatformError

CHECKOUT = Path(__file__).resolve().parent.parent

# The variable, the default, and the part that listens. All parts listen only on 127.0.0.1.
PORTS = {
    "https_port": ("PLATFORM_HTTPS_PORT", 8443, "gateway (HTTPS)"),
    "http_port": ("PLATFORM_HTTP_PORT", 8080, "gateway (HTTP, redirects)"),
    "traefik_port": ("PLATFORM_TRAEFIK_PORT", 8081, "Traefik's dashboard and metrics"),
    "aws_port": ("PLATFORM_AWS_PORT", 4566, "embedded AWS"),
}


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The settings of one platform; two platforms with different homes and ports run side by side.

    `home` contains the data that `make reset` deletes: state, certificates, logs. Caches, virtual environments and
    bundles are shared and stay. With `records_calls`, the embedded AWS records the calls of each role.
    """

    home: Path
    https_port: int
    http_port: int
    traefik_port: int
    aws_port: int
    checkout: Path = CHECKOUT
    environment: str = "local"
    records_calls: bool = False

    @classmethod
    def read(cls, variables: Mapping[str, str] = os.environ) -> Self:
        """Read the settings; raise PlatformError with the name of an invalid variable."""
        ports = {name: _port(variable, default, variables) for name, (variable, default, _) in PORTS.items()}
        if len(set(ports.values())) < len(ports):
            taken = ", ".join(f"{PORTS[name][0]}={port}" for name, port in ports.items())
            raise PlatformError(f"Each part needs its own port, but the ports are {taken}.")
        return cls(
            home=(CHECKOUT / variables.get("PLATFORM_HOME", ".local")).resolve(),
            https_port=ports["https_port"],
            http_port=ports["http_port"],
            traefik_port=ports["traefik_port"],
            aws_port=ports["aws_port"],
            records_calls=variables.get("PLATFORM_RECORD_CALLS") == "1",
        )

    @cached_property
    def gateway_url(self) -> str:
        """The URL of the services."""
        return f"https://localhost:{self.https_port}"

    @cached_property
    def aws_endpoint_url(self) -> str:
        """The URL of the embedded AWS, for AWS clients."""
        return f"https://127.0.0.1:{self.aws_port}"

    @cached_property
    def certificates(self) -> Path:
        """The local CA and the leaves."""
        return self.home / "certificates"

    @cached_property
    def ca_file(self) -> Path:
        """The certificate of the local CA, with which clients verify all parts."""
        return self.certificates / "ca.pem"

    @cached_property
    def embedded_aws(self) -> Path:
        """The state of the embedded AWS."""
        return self.home / "state"

    @cached_property
    def gateway(self) -> Path:
        """Traefik's configuration."""
        return self.home / "gateway"

    @cached_property
    def run(self) -> Path:
        """Pid files and the lock."""
        return self.home / "run"

    @cached_property
    def logs(self) -> Path:
        """The logs of each part and each long command."""
        return self.home / "logs"

    @cached_property
    def calls_file(self) -> Path:
        """The calls of each role, with IAM's decisions; a JSON object per line."""
        return self.logs / "role-calls.jsonl"

    @cached_property
    def platform_file(self) -> Path:
        """The file for scripts: URLs, the CA, the outputs of the stacks."""
        return self.home / "platform.json"

    @cached_property
    def identities_file(self) -> Path:
        """The demo identities and their passwords."""
        return self.home / "identities.json"

    @cached_property
    def access_key_file(self) -> Path:
        """The access key of the embedded AWS's administrator."""
        return self.home / "access-key.json"

    @cached_property
    def tools(self) -> Path:
        """The commands of the embedded AWS's virtual environment, and Traefik; shared by all homes."""
        return self.checkout / ".local" / "aws" / "venv" / "bin"

    @cached_property
    def cache(self) -> Path:
        """Downloads, shared by all homes."""
        return self.checkout / ".local" / "cache"


def _port(variable: str, default: int, variables: Mapping[str, str]) -> int:
    text = variables.get(variable, str(default))
    # Ports up to 1023 are reserved for the system on most machines.
    if not text.isdecimal() or not 1024 <= int(text) <= 65_535:  # noqa: PLR2004
        raise PlatformError(f"{variable} must be a port from 1024 to 65535, but it is {text!r}.")
    return int(text)
