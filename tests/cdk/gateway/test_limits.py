"""The gateway's protections, each with limits low enough to reach."""

import socket
import ssl
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from cdk.settings.environment import Environment
from cdk.settings.manifest import Manifest
from cdk.settings.manifests import load_manifests
from local.gateway import make_middlewares_anew
from tests.cdk.gateway.conftest import changed
from tests.cdk.gateway.traefik import Gateway, assert_problem, run_traefik
from tests.cdk.gateway.upstream import Upstream
from tests.cdk.project import Project
from tests.waiting import eventually

pytestmark = pytest.mark.slow

RETURNS = """
description = "What came back."
owner = "sales"
[http]
[functions.api]
handler = "functions.returns.api.handler"
trigger = "http"
"""

type Limited = Callable[..., AbstractContextManager[Gateway]]


@pytest.fixture
def limited(
    tmp_path: Path,
    certificates: Path,
    upstream: Upstream,
    local: Environment,
    examples: Sequence[Manifest],
) -> Limited:
    @contextmanager
    def run(
        *,
        upstream_url: str = upstream.url,
        more: Sequence[Manifest] = (),
        **gateway: Any,
    ) -> Iterator[Gateway]:
        with run_traefik(
            tmp_path / "traefik",
            changed(local, **gateway),
            [*examples, *more],
            upstream_url=upstream_url,
            certificates=certificates,
        ) as running:
            yield running

    return run


def test_a_client_over_the_rate_limit_is_told_to_wait(limited: Limited, upstream: Upstream) -> None:
    # All paths and methods share one limit: a client gets no second share by calling another path.
    requests = [("GET", "/orders"), ("POST", "/orders"), ("GET", "/nothing")] * 4
    with limited(rate_average_per_s=1, rate_burst=8) as gateway:
        answers = [gateway.client.request(method, path) for method, path in requests]

    assert 6 <= len([answer for answer in answers if answer.status_code != 429]) <= 9
    assert_problem(answers[-1], 429, "too-many-requests")
    assert answers[-1].headers["Retry-After"] == "1"
    assert len(upstream.requests) == len([answer for answer in answers if answer.status_code == 200])


def test_a_client_over_the_rate_limit_reads_so_after_it_has_sent_a_large_body(
    limited: Limited, certificates: Path, upstream: Upstream
) -> None:
    context = ssl.create_default_context(cafile=str(certificates / "ca.pem"))
    with limited(rate_average_per_s=1, rate_burst=1) as gateway:
        sent = urllib.request.Request(f"https://{gateway.listen.https}/orders", data=b"x" * 900_000)
        for _ in range(3):
            with pytest.raises(urllib.error.HTTPError) as caught:
                urllib.request.urlopen(sent, context=context, timeout=60)  # noqa: S310 - always HTTPS
            with caught.value as refusal:
                assert refusal.status == 429


def test_a_client_that_has_to_wait_cannot_make_the_gateway_read_more_than_a_request_may_have(
    limited: Limited, certificates: Path, upstream: Upstream
) -> None:
    size = 40_000_000
    upstream.delay_s = 5
    with limited(in_flight=1) as gateway:
        slow = threading.Thread(target=gateway.client.get, args=("/orders",))
        slow.start()
        eventually(lambda: upstream.requests, every_s=0.01)
        sent = sent_before_the_end(gateway, certificates, size=size, request_id="refused")
        slow.join()

        assert gateway.access("refused")["DownstreamStatus"] == 429
        assert sent_before_the_end(gateway, certificates, size=size, request_id="too-large") == size
        assert gateway.access("too-large")["DownstreamStatus"] == 413
    # The buffers of both ends hold some megabytes that the gateway does not read.
    assert sent < size / 2


def sent_before_the_end(gateway: Gateway, certificates: Path, *, size: int, request_id: str) -> int:
    """Send a body; return the bytes that were sent until the connection was closed."""
    context = ssl.create_default_context(cafile=str(certificates / "ca.pem"))
    host, _, port = gateway.listen.https.rpartition(":")
    head = (
        "POST /orders HTTP/1.1",
        "Host: localhost",
        f"X-Request-Id: {request_id}",
        f"Content-Length: {size}",
        "",
        "",
    )
    part, sent = b"x" * 50_000, 0
    with (
        socket.create_connection((host, int(port)), timeout=30) as plain,
        context.wrap_socket(plain, server_hostname=host) as connection,
        suppress(OSError),
    ):
        connection.sendall("\r\n".join(head).encode())
        while sent < size:
            connection.sendall(part)
            sent += len(part)
    return sent


def test_a_client_cannot_have_too_many_requests_in_flight(limited: Limited, upstream: Upstream) -> None:
    upstream.delay_s = 1
    with limited(in_flight=1) as gateway:
        slow = threading.Thread(target=gateway.client.get, args=("/orders",))
        slow.start()
        eventually(lambda: upstream.requests, every_s=0.01)
        answer = gateway.client.post("/orders")
        slow.join()

    assert_problem(answer, 429, "too-many-requests")


@pytest.mark.parametrize("failure", [502, 504])
def test_a_service_that_crashes_or_hangs_is_given_time_to_recover(
    limited: Limited,
    upstream: Upstream,
    failure: int,
) -> None:
    with limited(breaker_open_s=1) as gateway:
        upstream.statuses = [failure]
        eventually(lambda: gateway.client.post("/orders").status_code == 503, every_s=0.05)
        received = len(upstream.requests)
        answer = gateway.client.get("/orders")
        assert len(upstream.requests) == received
        upstream.statuses = [200]
        eventually(lambda: gateway.client.get("/orders").status_code == 200, every_s=0.05)

    assert_problem(answer, 503, "unavailable")
    assert answer.headers["Retry-After"] == "1"


def test_an_open_breaker_closes_at_once_when_a_laptop_reloads_a_repaired_service(
    limited: Limited, upstream: Upstream
) -> None:
    with limited(breaker_open_s=300) as gateway:
        upstream.statuses = [502]
        eventually(lambda: gateway.client.post("/orders").status_code == 503, every_s=0.05)
        upstream.statuses = [200]
        assert gateway.client.get("/orders").status_code == 503

        make_middlewares_anew(gateway.routes)
        # The breaker would stay open for five minutes.
        eventually(lambda: gateway.client.get("/orders").status_code == 200, every_s=0.05)


@pytest.mark.parametrize("error", [500, 503])
def test_errors_that_a_service_answers_itself_do_not_open_the_breaker(
    limited: Limited, upstream: Upstream, error: int
) -> None:
    upstream.statuses, upstream.body = [error], b'"of the service"'
    with limited() as gateway:
        for _ in range(10):
            assert gateway.client.post("/orders").json() == "of the service"
            # Traefik checks the breaker's condition every 100 ms.
            time.sleep(0.05)


def test_a_failing_service_does_not_affect_another(
    limited: Limited,
    upstream: Upstream,
    project: Project,
) -> None:
    project.add_service("returns", RETURNS, "api")
    with limited(more=load_manifests(project.folder)) as gateway:
        upstream.statuses = [504]
        eventually(lambda: gateway.client.post("/orders").status_code == 503, every_s=0.05)
        upstream.statuses = [200]

        assert gateway.client.get("/returns").status_code == 200


def test_an_unreachable_service_is_answered_with_a_problem(limited: Limited) -> None:
    with limited(upstream_url="https://127.0.0.1:1", breaker_error_ratio=1) as gateway:
        assert_problem(gateway.client.post("/orders"), 502, "bad-gateway")
