"""The real Traefik on free ports, with the generated configuration."""

import json
import socket
import ssl
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import httpx
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

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

    def internal(self, path: str) -> Any:
        """Ask Traefik's own API."""
        return httpx.get(f"http://{self.listen.internal}{path}", timeout=5).json()

    def accesses(self, count: int) -> list[dict[str, Any]]:
        """Wait for so many lines of the access log."""

        def lines() -> list[str]:
            return self.access_log.read_text("utf-8").splitlines() if self.access_log.exists() else []

        eventually(lambda: len(lines()) >= count, every_s=0.05)
        return [json.loads(line) for line in lines()]


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
        gateway = Gateway(listen, client, access_log, log)
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


def write_certificates(folder: Path) -> None:
    """Write a certificate authority and a leaf of it for this machine."""
    folder.mkdir(parents=True, exist_ok=True)
    authority_key = ec.generate_private_key(ec.SECP256R1())
    authority = _certificate("Test CA", authority_key, "Test CA", authority_key, is_authority=True)
    leaf_key = ec.generate_private_key(ec.SECP256R1())
    leaf = _certificate("localhost", leaf_key, "Test CA", authority_key, is_authority=False)
    (folder / "ca.pem").write_bytes(authority.public_bytes(serialization.Encoding.PEM))
    (folder / "leaf.pem").write_bytes(leaf.public_bytes(serialization.Encoding.PEM))
    (folder / "leaf.key").write_bytes(
        leaf_key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ),
    )


def _certificate(
    subject: str,
    key: ec.EllipticCurvePrivateKey,
    issuer: str,
    issuer_key: ec.EllipticCurvePrivateKey,
    *,
    is_authority: bool,
) -> x509.Certificate:
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
        .add_extension(
            x509.KeyUsage(
                digital_signature=True,
                content_commitment=False,
                key_encipherment=False,
                data_encipherment=False,
                key_agreement=False,
                key_cert_sign=is_authority,
                crl_sign=is_authority,
                encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
    )
    names = [x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]
    if not is_authority:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return builder.sign(issuer_key, hashes.SHA256())


def free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [opened.getsockname()[1] for opened in sockets]
    for opened in sockets:
        opened.close()
    return ports
