"""The real Traefik on free ports, with the generated configuration."""

import json
import socket
import ssl
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import yaml

from cdk.gateway.configuration import (
    WORKING_DIRECTORY,
    Certificate,
    Listen,
    Upstream,
    dynamic_configuration,
    static_configuration,
)
from cdk.settings.environment import Environment
from cdk.settings.manifest import Manifest
from tests.waiting import eventually

PROJECT = Path(__file__).parents[3]
BINARY = PROJECT / ".local" / "aws" / "venv" / "bin" / "traefik"


@dataclass
class Gateway:
    """A running Traefik."""

    listen: Listen
    client: httpx.Client
    access_log: Path
    log: Path
    routes: Path

    def internal(self, path: str) -> Any:
        """Ask Traefik's own API."""
        return httpx.get(f"http://{self.listen.internal}{path}", timeout=5).json()

    def access(self, request_id: str) -> dict[str, Any]:
        """Wait for the line of the access log about a request."""

        def found() -> list[dict[str, Any]]:
            lines = self.access_log.read_text("utf-8").splitlines() if self.access_log.exists() else []
            return [entry for line in lines if (entry := json.loads(line))["request_X-Request-Id"] == request_id]

        eventually(found, every_s=0.05)
        return found()[0]


@contextmanager
def run_traefik(
    folder: Path,
    environment: Environment,
    manifests: Sequence[Manifest],
    *,
    upstream_url: str,
    certificates: Path,
) -> Iterator[Gateway]:
    """Start Traefik, wait for its routes, and stop it at the end."""
    folder.mkdir(parents=True, exist_ok=True)
    http, https, internal = free_ports(3)
    listen = Listen(
        http=f"127.0.0.1:{http}",
        https=f"127.0.0.1:{https}",
        internal=f"127.0.0.1:{internal}",
        public_https_port=https,
    )
    dynamic, static, access_log, log = (folder / name for name in ("dynamic.yml", "traefik.yml", "access.log", "log"))
    dynamic.write_text(
        yaml.safe_dump(
            dynamic_configuration(
                environment,
                manifests,
                listen=listen,
                upstream=Upstream(
                    url=upstream_url,
                    host_header="internal-lb.example.com",
                    ca_file=certificates / "ca.pem",
                ),
                certificate=Certificate(
                    certificate_file=certificates / "leaf.pem",
                    key_file=certificates / "leaf.key",
                ),
            ),
        ),
    )
    static.write_text(
        yaml.safe_dump(static_configuration(listen=listen, dynamic_file=dynamic, access_log_file=access_log)),
    )
    context = ssl.create_default_context(cafile=str(certificates / "ca.pem"))
    with (
        log.open("wb") as output,
        httpx.Client(base_url=f"https://127.0.0.1:{https}", verify=context, timeout=15) as client,
        subprocess.Popen(
            [str(BINARY), f"--configfile={static}"],
            cwd=WORKING_DIRECTORY,
            stdout=output,
            stderr=subprocess.STDOUT,
        ) as process,
    ):
        gateway = Gateway(listen, client, access_log, log, dynamic)
        try:
            _wait_for_routes(gateway, process)
            yield gateway
        finally:
            process.kill()


def _wait_for_routes(gateway: Gateway, process: subprocess.Popen[bytes]) -> None:
    def has_routes() -> bool:
        assert process.poll() is None, gateway.log.read_text("utf-8")
        try:
            return "X-Request-Id" in gateway.client.get("/").headers
        except httpx.TransportError:
            return False  # not listening yet, or still with its default certificate

    eventually(has_routes, every_s=0.05)


def assert_problem(answer: httpx.Response, status: int, slug: str) -> None:
    """Check the form of a problem, and that its request id equals the header's."""
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    body = answer.json()
    assert body.keys() == {"type", "title", "status", "detail", "request_id"}
    assert (body["status"], body["type"]) == (status, f"urn:problem-type:{slug}")
    assert body["request_id"] == answer.headers["X-Request-Id"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [opened.getsockname()[1] for opened in sockets]
    for opened in sockets:
        opened.close()
    return ports
