"""The folders and the ports of the laptop platform, from environment variables."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Self

from local.ports import PORTS, read_ports

CHECKOUT = Path(__file__).resolve().parent.parent


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
        home = (CHECKOUT / variables.get("PLATFORM_HOME", ".local")).resolve()
        ports = read_ports(home, variables)
        return cls(
            home=home,
            https_port=ports["https_port"],
            http_port=ports["http_port"],
            traefik_port=ports["traefik_port"],
            aws_port=ports["aws_port"],
            records_calls=variables.get("PLATFORM_RECORD_CALLS") == "1",
        )

    @cached_property
    def ports(self) -> dict[str, int]:
        """The port of each part."""
        return {name: getattr(self, name) for name in PORTS}

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
