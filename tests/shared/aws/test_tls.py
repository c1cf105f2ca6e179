"""The shared TLS context checks as much as botocore's own, and reads the authorities once."""

import socket
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import SSLError

from functions.shared.aws.clients import client
from functions.shared.aws.tls import tls_context
from local.certificates import ensure_certificates


class Answering(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.0"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"RandomPassword": "x"}')

    def log_message(self, *_: object) -> None:
        """Print nothing."""


@pytest.fixture
def aws_over_tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """Serve on this machine with a certificate of a new CA, and yield the port."""
    ensure_certificates(tmp_path, ("aws",))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(tmp_path / "aws.pem", tmp_path / "aws.key")
    with ThreadingHTTPServer(("127.0.0.1", 0), Answering) as server:
        server.daemon_threads = True
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"https://127.0.0.1:{server.server_port}")
        for cached in (client, tls_context):
            cached.cache_clear()
        yield server.server_port
        for cached in (client, tls_context):
            cached.cache_clear()
        server.shutdown()


def test_the_authorities_are_read_once_for_all_connections_and_clients(
    aws_over_tls: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_CA_BUNDLE", str(tmp_path / "ca.pem"))
    read: list[Any] = []

    def load(self: ssl.SSLContext, *given: Any) -> None:
        read.append(given[0])
        real(self, *given)

    real = ssl.SSLContext.load_verify_locations
    monkeypatch.setattr(ssl.SSLContext, "load_verify_locations", load)
    # HTTP/1.0 closes each connection after its answer.
    for _ in range(3):
        client("secretsmanager").get_random_password()
    client("sqs")

    assert read == [str(tmp_path / "ca.pem")]


def test_a_server_of_another_authority_is_refused(aws_over_tls: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_CA_BUNDLE", raising=False)

    with pytest.raises(SSLError, match="CERTIFICATE_VERIFY_FAILED"):
        client("secretsmanager").get_random_password()


def test_a_certificate_for_another_name_is_refused(
    aws_over_tls: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_CA_BUNDLE", str(tmp_path / "ca.pem"))

    with (
        socket.create_connection(("127.0.0.1", aws_over_tls)) as connection,
        pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"),
    ):
        tls_context().wrap_socket(connection, server_hostname="dynamodb.eu-west-1.amazonaws.com")


def test_the_context_is_as_strict_as_python_s_default() -> None:
    ours, default = tls_context(), ssl.create_default_context()

    for setting in ("verify_mode", "check_hostname", "verify_flags", "minimum_version"):
        assert getattr(ours, setting) == getattr(default, setting)
    assert ours.options & default.options == default.options
