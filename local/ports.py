"""The ports of a platform: those of its last `make up`, which a variable overrides."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from local.errors import PlatformError
from local.private_files import write_private

_FILE = "ports.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Port:
    """A port: the variable that chooses it, the default, and the part that listens on it, only on 127.0.0.1."""

    variable: str
    default: int
    part: str


PORTS = {
    "https_port": Port(variable="PLATFORM_HTTPS_PORT", default=8443, part="gateway (HTTPS)"),
    "http_port": Port(variable="PLATFORM_HTTP_PORT", default=8080, part="gateway (HTTP, redirects)"),
    "traefik_port": Port(variable="PLATFORM_TRAEFIK_PORT", default=8081, part="Traefik's dashboard and metrics"),
    "aws_port": Port(variable="PLATFORM_AWS_PORT", default=4566, part="embedded AWS"),
}


def read_ports(home: Path, variables: Mapping[str, str]) -> dict[str, int]:
    """Return each part's port; raise PlatformError if one is invalid, or is that of two parts."""
    last = last_ports(home)
    ports = {name: _port(port, last.get(name, port.default), variables) for name, port in PORTS.items()}
    if len(set(ports.values())) < len(ports):
        taken = ", ".join(f"{PORTS[name].variable}={port}" for name, port in ports.items())
        raise PlatformError(f"Each part needs its own port, but the ports are {taken}.")
    return ports


def last_ports(home: Path) -> dict[str, int]:
    """Return the ports of the last `make up`; empty before the first."""
    try:
        ports: dict[str, int] = json.loads((home / _FILE).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return ports if ports.keys() == PORTS.keys() else {}


def remember_ports(home: Path, ports: Mapping[str, int]) -> None:
    """Keep the ports for the next commands, which may run in a shell without the variables."""
    if last_ports(home) != ports:
        write_private(home / _FILE, json.dumps(dict(ports), indent=2) + "\n")


def _port(port: Port, last: int, variables: Mapping[str, str]) -> int:
    text = variables.get(port.variable, str(last))
    # Ports up to 1023 are reserved for the system on most machines.
    if not text.isdecimal() or not 1024 <= int(text) <= 65_535:  # noqa: PLR2004 - see above
        raise PlatformError(f"{port.variable} must be a port from 1024 to 65535, but it is {text!r}.")
    return int(text)
