"""Clients that send more than they may, or not what they said, before the real Traefik."""

import json
import socket
import ssl
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from tests.cdk.gateway.traefik import Gateway, assert_problem
from tests.cdk.gateway.upstream import Upstream

pytestmark = pytest.mark.slow


def answer_to(gateway: Gateway, certificates: Path, *parts: bytes) -> tuple[int, Any]:
    """Send raw bytes over HTTP/1.1, and return the status and the body of the answer."""
    context = ssl.create_default_context(cafile=str(certificates / "ca.pem"))
    host, _, port = gateway.listen.https.rpartition(":")
    with (
        socket.create_connection((host, int(port)), timeout=15) as plain,
        context.wrap_socket(plain, server_hostname=host) as connection,
    ):
        for part in parts:
            connection.sendall(part)
        received = b""
        while more := connection.recv(65_536):
            received += more
    head, _, body = received.partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(body)


def request(*headers: str) -> bytes:
    lines = ["POST /orders HTTP/1.1", "Host: localhost", "Content-Type: application/json", "Connection: close"]
    return "\r\n".join([*lines, *headers, "", ""]).encode()


@pytest.mark.parametrize(
    "body", [b"ZZ\r\n{}\r\n0\r\n\r\n", b"2\r\n{}}\r\n0\r\n\r\n", b"-1\r\n{}\r\n0\r\n\r\n", b"2\r\n{}0\r\n\r\n"]
)
def test_a_body_in_broken_chunks_is_the_client_s_error(
    gateway: Gateway, upstream: Upstream, certificates: Path, body: bytes
) -> None:
    status, problem = answer_to(
        gateway, certificates, request("Transfer-Encoding: chunked", "X-Request-Id: broken"), body
    )

    assert (status, problem["type"], problem["request_id"]) == (400, "urn:problem-type:broken-body", "broken")
    assert upstream.requests == []
    # The alarm of the gateway's failures counts statuses from 500.
    assert gateway.access("broken")["DownstreamStatus"] == 400


@pytest.mark.parametrize("size", [300_000, 1_000_001, 2_000_000, 20_000_000])
@pytest.mark.parametrize("path", ["/orders", "/nothing"])
def test_a_client_that_sends_all_of_its_body_first_reads_the_refusal(
    gateway: Gateway, certificates: Path, upstream: Upstream, size: int, path: str
) -> None:
    context = ssl.create_default_context(cafile=str(certificates / "ca.pem"))
    upstream.statuses = [422]
    expected = 413 if size > 1_000_000 else 404 if path == "/nothing" else 422
    for _ in range(3):
        sent = urllib.request.Request(f"https://{gateway.listen.https}{path}", data=b"x" * size)
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(sent, context=context, timeout=60)  # noqa: S310 - always HTTPS
        with caught.value as refusal:
            assert refusal.status == expected
            assert json.load(refusal) is not None


def test_a_client_that_waits_for_permission_sends_no_body_that_is_refused(gateway: Gateway, certificates: Path) -> None:
    status, problem = answer_to(gateway, certificates, request("Content-Length: 2000000", "Expect: 100-continue"))

    assert (status, problem["type"]) == (413, "urn:problem-type:body-too-large")


@pytest.mark.parametrize("query", ["cursor=é", "é", "a=1&b=日本", "a=%C3%A9é"])
def test_a_query_in_plain_utf_8_reaches_the_service_encoded(
    gateway: Gateway, certificates: Path, upstream: Upstream, query: str
) -> None:
    line = f"GET /orders?{query} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode()

    assert answer_to(gateway, certificates, line)[0] == 200
    [received] = upstream.requests
    assert received.path.isascii()
    assert urllib.parse.unquote(received.path) == f"/orders?{urllib.parse.unquote(query)}"


@pytest.mark.parametrize(("status", "slug"), [(414, "uri-too-long"), (431, "headers-too-large")])
def test_a_refusal_of_the_load_balancer_becomes_a_problem(
    gateway: Gateway, upstream: Upstream, status: int, slug: str
) -> None:
    upstream.statuses, upstream.body = [status], b""

    assert_problem(gateway.client.get("/orders"), status, slug)
