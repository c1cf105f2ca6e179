"""The real Traefik with the generated configuration, seen by clients and services."""

import json
import re
import ssl
from pathlib import Path

import httpx
import pytest

from functions.shared.http.preconditions import tag_as_encoded
from functions.shared.interface.names import COMPRESSED_FROM_BYTES
from tests.cdk.gateway.traefik import Gateway, assert_problem
from tests.cdk.gateway.upstream import Upstream

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("kind", ["routers", "middlewares", "services"])
def test_traefik_accepts_every_part_of_the_configuration(gateway: Gateway, kind: str) -> None:
    parts = gateway.internal(f"/api/http/{kind}")

    assert [part["name"] for part in parts if part["status"] != "enabled" or part.get("error")] == []
    assert any(part["provider"] == "file" for part in parts)


def test_traefik_starts_without_an_error_or_a_warning_that_we_could_avoid(gateway: Gateway) -> None:
    lines = [json.loads(line) for line in gateway.log.read_text("utf-8").splitlines()]
    start = [line for line in lines if line["level"] in {"warn", "error"} and "routerName" not in line]

    # That warning is about backends that decode paths before matching; the load balancer and Starlette do not.
    assert [line["message"] for line in start if "encoded characters" not in line["message"]] == []


def test_a_request_reaches_the_service_by_its_path_or_a_path_below(gateway: Gateway, upstream: Upstream) -> None:
    for path in ("/orders", "/orders/7?limit=1"):
        assert gateway.client.get(path).status_code == 200

    assert [request.path for request in upstream.requests] == ["/orders", "/orders/7?limit=1"]


@pytest.mark.parametrize(
    "path", ["/docs/", "/docs/start.css", "/order", "/ordersandmore", "/dashboard/", "/api/rawdata", "/problems/429"]
)
def test_a_path_of_no_service_is_answered_with_a_problem(gateway: Gateway, upstream: Upstream, path: str) -> None:
    assert_problem(gateway.client.get(path), 404, "not-found")
    assert upstream.requests == []


def test_the_service_sees_the_client_s_host_and_address_and_no_forged_header(
    gateway: Gateway,
    upstream: Upstream,
) -> None:
    gateway.client.get(
        "/orders",
        headers={
            "X-Forwarded-For": "203.0.113.1",
            "X-Forwarded-Host": "evil.example.com",
            "X-Forwarded-Proto": "http",
            "X_Request_Id": "alias",
        },
    )

    headers = upstream.requests[0].headers
    assert headers["Host"] == "internal-lb.example.com"
    assert headers["X-Forwarded-Host"] == gateway.listen.https
    assert headers["X-Forwarded-For"] == "127.0.0.1"
    assert headers["X-Forwarded-Proto"] == "https"
    assert "X_Request_Id" not in headers


def test_a_request_id_and_a_trace_are_kept_when_well_formed(gateway: Gateway, upstream: Upstream) -> None:
    sent = {"X-Request-Id": "order.7:a-b_c", "traceparent": f"00-{'a' * 32}-{'b' * 16}-01", "tracestate": "x=1"}

    answer = gateway.client.get("/orders", headers=sent)

    assert answer.headers["X-Request-Id"] == "order.7:a-b_c"
    headers = {name.lower(): value for name, value in upstream.requests[0].headers.items()}
    assert {name: headers[name.lower()] for name in sent} == sent


@pytest.mark.parametrize("sent", [None, "", "a b", "x" * 129, "<script>", "ü"])
def test_a_request_id_is_generated_when_there_is_no_valid_one(
    gateway: Gateway,
    upstream: Upstream,
    sent: str | None,
) -> None:
    answer = gateway.client.get("/orders", headers={} if sent is None else {b"X-Request-Id": sent.encode()})

    made = answer.headers["X-Request-Id"]
    assert re.fullmatch(r"[0-9a-f]{32}", made)
    assert upstream.requests[0].headers["X-Request-Id"] == made


@pytest.mark.parametrize(
    "sent",
    [
        None,
        "nonsense",
        f"00-{'0' * 32}-{'b' * 16}-01",
        f"00-{'a' * 32}-{'0' * 16}-01",
        f"00-{'A' * 32}-{'b' * 16}-01",
        f"00-{'a' * 32}-{'b' * 16}-01-extra",
    ],
)
def test_a_trace_is_started_when_there_is_no_valid_one(gateway: Gateway, upstream: Upstream, sent: str | None) -> None:
    gateway.client.get("/orders", headers={"traceparent": sent, "tracestate": "x=1"} if sent else {})

    headers = upstream.requests[0].headers
    assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-00", headers["Traceparent"])
    assert headers["Traceparent"] != sent
    assert "Tracestate" not in headers


def test_the_answer_has_one_request_id_also_when_the_service_sets_it(gateway: Gateway, upstream: Upstream) -> None:
    upstream.headers = {"X-Request-Id": "of-the-service"}

    answer = gateway.client.get("/orders", headers={"X-Request-Id": "mine"})

    assert answer.headers.get_list("X-Request-Id") == ["mine"]


def test_security_headers_are_on_every_answer(gateway: Gateway, upstream: Upstream) -> None:
    upstream.headers = {"Server": "awselb/2.0"}

    for path in ("/orders", "/nothing"):
        headers = gateway.client.get(path).headers
        assert headers["Strict-Transport-Security"] == "max-age=0; includeSubDomains"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert "Server" not in headers


def test_a_page_may_set_its_own_policy(gateway: Gateway, upstream: Upstream) -> None:
    upstream.headers = {"Content-Security-Policy": "script-src 'self'"}

    assert gateway.client.get("/orders").headers["Content-Security-Policy"] == "script-src 'self'"


def test_http_is_sent_to_https_with_path_and_query(gateway: Gateway) -> None:
    answer = httpx.get(f"http://{gateway.listen.http}/orders?limit=1")

    assert answer.status_code in {301, 308}
    assert answer.headers["Location"] == f"https://{gateway.listen.https}/orders?limit=1"


def test_a_service_reads_the_trace_and_the_id_that_the_gateway_checked(gateway: Gateway, upstream: Upstream) -> None:
    traces, ids = [f"00-{digit * 32}-{digit * 16}-01" for digit in "ab"], ["one", "two"]
    sent = [*(("traceparent", each) for each in traces), *(("X-Request-Id", each) for each in ids)]

    gateway.client.get("/orders", headers=sent)

    headers = upstream.requests[0].headers
    assert headers["Traceparent"] == traces[0]
    assert headers["X-Request-Id"] == ids[0]


@pytest.mark.parametrize(
    ("version", "works"),
    [(ssl.TLSVersion.TLSv1_1, False), (ssl.TLSVersion.TLSv1_2, True), (ssl.TLSVersion.TLSv1_3, True)],
)
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated")
def test_tls_is_1_2_or_newer(gateway: Gateway, certificates: Path, version: ssl.TLSVersion, works: bool) -> None:
    context = ssl.create_default_context(cafile=str(certificates / "ca.pem"))
    # Otherwise this machine's OpenSSL would refuse the old version before the gateway could.
    context.set_ciphers("DEFAULT@SECLEVEL=0")
    context.minimum_version = context.maximum_version = version

    with httpx.Client(verify=context) as client:
        if works:
            assert client.get(f"https://{gateway.listen.https}/orders").status_code == 200
        else:
            with pytest.raises(httpx.ConnectError):
                client.get(f"https://{gateway.listen.https}/orders")


def test_a_large_answer_is_compressed_if_the_client_accepts_it(gateway: Gateway, upstream: Upstream) -> None:
    upstream.body = json.dumps(["word"] * 1000).encode()

    answer = gateway.client.get("/orders", headers={"Accept-Encoding": "gzip"})

    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.json() == ["word"] * 1000
    assert "Content-Encoding" not in gateway.client.get("/orders", headers={"Accept-Encoding": "identity"}).headers


@pytest.mark.parametrize("accepted", ["gzip", "br, zstd, gzip;q=0.1", "*", "br, zstd", "identity", "deflate"])
@pytest.mark.parametrize("size_bytes", [COMPRESSED_FROM_BYTES - 1, COMPRESSED_FROM_BYTES])
def test_an_answer_is_compressed_only_if_its_service_gave_it_another_tag(
    gateway: Gateway, upstream: Upstream, accepted: str, size_bytes: int
) -> None:
    upstream.body = b"x" * size_bytes
    encoded = tag_as_encoded(b'"7"', size_bytes=size_bytes, accept_encoding=accepted.encode(), if_none_match=b"")

    answer = gateway.client.get("/orders", headers={"Accept-Encoding": accepted})

    assert answer.headers.get("Content-Encoding") in {None, "gzip"}
    assert encoded == b'"7-gzip"' or "Content-Encoding" not in answer.headers


def test_a_body_up_to_the_limit_passes_and_one_over_it_does_not(gateway: Gateway, upstream: Upstream) -> None:
    assert gateway.client.post("/orders", content=b"x" * 1_000_000).status_code == 200
    assert len(upstream.requests[0].body) == 1_000_000

    assert_problem(gateway.client.post("/orders", content=b"x" * 1_000_001), 413, "body-too-large")
    assert len(upstream.requests) == 1


def test_a_body_of_unknown_length_has_the_same_limit(gateway: Gateway, upstream: Upstream) -> None:
    answer = gateway.client.post("/orders", content=(b"x" * 100_000 for _ in range(11)))

    assert_problem(answer, 413, "body-too-large")
    assert upstream.requests == []


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_a_safe_method_is_retried(gateway: Gateway, upstream: Upstream, method: str) -> None:
    upstream.statuses = [502, 200]

    assert gateway.client.request(method, "/orders").status_code == 200
    assert len(upstream.requests) == 2


def test_a_request_with_a_body_is_not_retried_but_reaches_the_service_whole(
    gateway: Gateway, upstream: Upstream
) -> None:
    upstream.statuses = [502]

    assert_problem(gateway.client.request("GET", "/orders", content=b"whole"), 502, "bad-gateway")
    assert [request.body for request in upstream.requests] == [b"whole"]


@pytest.mark.parametrize("method", ["POST", "PATCH", "PUT", "DELETE"])
def test_no_other_method_is_retried(gateway: Gateway, upstream: Upstream, method: str) -> None:
    upstream.statuses = [502]

    assert_problem(gateway.client.request(method, "/orders", content=b"{}"), 502, "bad-gateway")
    assert len(upstream.requests) == 1


@pytest.mark.parametrize(("status", "slug"), [(502, "bad-gateway"), (504, "gateway-timeout")])
def test_an_error_of_the_load_balancer_becomes_a_problem(
    gateway: Gateway,
    upstream: Upstream,
    status: int,
    slug: str,
) -> None:
    upstream.statuses, upstream.body = [status], b"<html>"

    assert_problem(gateway.client.post("/orders"), status, slug)


@pytest.mark.parametrize("status", [400, 404, 409, 422, 500, 503])
def test_an_answer_of_a_service_passes_unchanged(gateway: Gateway, upstream: Upstream, status: int) -> None:
    upstream.statuses, upstream.body = [status], b'{"detail": "of the service"}'
    upstream.headers = {"Retry-After": "7"}

    answer = gateway.client.get("/orders")

    assert (answer.status_code, answer.json()) == (status, {"detail": "of the service"})
    assert answer.headers["Retry-After"] == "7"
    assert len(upstream.requests) == 1


def test_the_access_log_has_the_request_without_its_content(gateway: Gateway, upstream: Upstream) -> None:
    gateway.client.post(
        "/orders/the-path?email=ann%40example.com",
        content=b"the-body",
        headers={
            "Authorization": "Bearer the-token",
            "Cookie": "the-cookie",
            "Host": "the-host.example",
            "User-Agent": "the-agent",
            "X-Request-Id": "logged-1",
        },
    )

    line = gateway.access("logged-1")

    assert (line["request_X-Request-Method"], line["DownstreamStatus"]) == ("POST", 200)
    assert line["RouterName"] == "everything@file -> orders@file -> orders-unsafe@file"
    assert line["ServiceName"] == "orders@file"
    written = json.dumps(line)
    for sent in ("the-path", "example", "the-body", "the-token", "the-cookie", "the-host", "the-agent"):
        assert sent not in written


def test_a_method_that_http_does_not_define_is_not_in_the_access_log(gateway: Gateway, upstream: Upstream) -> None:
    # Traefik answers with the error of its upstream, which knows no such method either.
    gateway.client.request("A" * 60_000, "/orders", headers={"X-Request-Id": "logged-2", "X-Request-Method": "mine"})

    line = gateway.access("logged-2")

    assert line["request_X-Request-Method"] == "other"
    assert len(json.dumps(line)) < 1000


def test_the_internal_entry_point_serves_ping_metrics_and_the_dashboard(gateway: Gateway) -> None:
    internal = f"http://{gateway.listen.internal}"
    gateway.client.get("/orders")

    assert httpx.get(f"{internal}/ping").text == "OK"
    assert "traefik_service_requests_total" in httpx.get(f"{internal}/metrics").text
    assert httpx.get(f"{internal}/dashboard/").status_code == 200
