"""The real Traefik with the generated configuration: what a client and a service see of it."""

import json
import re
import ssl
from pathlib import Path

import httpx
import pytest

from tests.cdk.gateway.traefik import Gateway, assert_problem
from tests.cdk.gateway.upstream import Upstream

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("kind", ["routers", "middlewares", "services"])
def test_traefik_takes_every_part_of_the_configuration(gateway: Gateway, kind: str) -> None:
    parts = gateway.internal(f"/api/http/{kind}")

    assert [part["name"] for part in parts if part["status"] != "enabled" or part.get("error")] == []
    assert any(part["provider"] == "file" for part in parts)


def test_traefik_starts_without_an_error_or_a_warning_of_ours(gateway: Gateway) -> None:
    lines = [json.loads(line) for line in gateway.log.read_text("utf-8").splitlines()]
    start = [line for line in lines if line["level"] in {"warn", "error"} and "routerName" not in line]

    # Backends that decode paths before they match them are none of ours: a load balancer and Starlette.
    assert [line["message"] for line in start if "encoded characters" not in line["message"]] == []


def test_a_request_reaches_the_service_by_its_path_and_what_is_below(gateway: Gateway, upstream: Upstream) -> None:
    for path in ("/orders", "/orders/7?limit=1"):
        assert gateway.client.get(path).status_code == 200

    assert [asked.path for asked in upstream.asked] == ["/orders", "/orders/7?limit=1"]


@pytest.mark.parametrize("path", ["/", "/order", "/ordersandmore", "/dashboard/", "/api/rawdata", "/problems/429"])
def test_a_path_of_no_service_is_answered_with_a_problem(gateway: Gateway, upstream: Upstream, path: str) -> None:
    assert_problem(gateway.client.get(path), 404, "not-found")
    assert upstream.asked == []


def test_the_service_sees_the_clients_host_and_address_and_nothing_that_a_client_made_up(
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

    headers = upstream.asked[0].headers
    assert headers["Host"] == "internal-lb.example.com"
    assert headers["X-Forwarded-Host"] == gateway.listen.https
    assert headers["X-Forwarded-For"] == "127.0.0.1"
    assert headers["X-Forwarded-Proto"] == "https"
    assert "X_Request_Id" not in headers


def test_a_request_id_and_a_trace_are_kept_when_well_formed(gateway: Gateway, upstream: Upstream) -> None:
    sent = {"X-Request-Id": "order.7:a-b_c", "traceparent": f"00-{'a' * 32}-{'b' * 16}-01", "tracestate": "x=1"}

    answer = gateway.client.get("/orders", headers=sent)

    assert answer.headers["X-Request-Id"] == "order.7:a-b_c"
    headers = {name.lower(): value for name, value in upstream.asked[0].headers.items()}
    assert {name: headers[name.lower()] for name in sent} == sent


@pytest.mark.parametrize("sent", [None, "", "a b", "x" * 129, "<script>", "ü"])
def test_a_request_id_is_made_when_there_is_no_good_one(
    gateway: Gateway,
    upstream: Upstream,
    sent: str | None,
) -> None:
    answer = gateway.client.get("/orders", headers={} if sent is None else {b"X-Request-Id": sent.encode()})

    made = answer.headers["X-Request-Id"]
    assert re.fullmatch(r"[0-9a-f]{32}", made)
    assert upstream.asked[0].headers["X-Request-Id"] == made


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
def test_a_trace_is_begun_when_there_is_no_good_one(gateway: Gateway, upstream: Upstream, sent: str | None) -> None:
    gateway.client.get("/orders", headers={"traceparent": sent, "tracestate": "x=1"} if sent else {})

    headers = upstream.asked[0].headers
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
        assert headers["Strict-Transport-Security"] == "max-age=60; includeSubDomains"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert "Server" not in headers


def test_a_page_may_have_a_policy_of_its_own(gateway: Gateway, upstream: Upstream) -> None:
    upstream.headers = {"Content-Security-Policy": "script-src 'self'"}

    assert gateway.client.get("/orders").headers["Content-Security-Policy"] == "script-src 'self'"


def test_http_is_sent_to_https_with_path_and_query(gateway: Gateway) -> None:
    answer = httpx.get(f"http://{gateway.listen.http}/orders?limit=1")

    assert answer.status_code in {301, 308}
    assert answer.headers["Location"] == f"https://{gateway.listen.https}/orders?limit=1"


@pytest.mark.parametrize(
    ("version", "works"),
    [(ssl.TLSVersion.TLSv1_1, False), (ssl.TLSVersion.TLSv1_2, True), (ssl.TLSVersion.TLSv1_3, True)],
)
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated")
def test_tls_is_1_2_or_newer(gateway: Gateway, certificates: Path, version: ssl.TLSVersion, works: bool) -> None:
    context = ssl.create_default_context(cafile=str(certificates / "ca.pem"))
    # Else this machine's own OpenSSL would refuse the old version before the gateway could.
    context.set_ciphers("DEFAULT@SECLEVEL=0")
    context.minimum_version = context.maximum_version = version

    with httpx.Client(verify=context) as client:
        if works:
            assert client.get(f"https://{gateway.listen.https}/orders").status_code == 200
        else:
            with pytest.raises(httpx.ConnectError):
                client.get(f"https://{gateway.listen.https}/orders")


def test_a_large_answer_is_compressed_for_those_who_ask(gateway: Gateway, upstream: Upstream) -> None:
    upstream.body = json.dumps(["word"] * 1000).encode()

    answer = gateway.client.get("/orders", headers={"Accept-Encoding": "gzip"})

    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.json() == ["word"] * 1000
    assert "Content-Encoding" not in gateway.client.get("/orders", headers={"Accept-Encoding": "identity"}).headers


def test_a_body_up_to_the_limit_passes_and_one_over_it_does_not(gateway: Gateway, upstream: Upstream) -> None:
    assert gateway.client.post("/orders", content=b"x" * 1_000_000).status_code == 200
    assert len(upstream.asked[0].body) == 1_000_000

    assert_problem(gateway.client.post("/orders", content=b"x" * 1_000_001), 413, "body-too-large")
    assert len(upstream.asked) == 1


def test_a_body_of_unsaid_length_has_the_same_limit(gateway: Gateway, upstream: Upstream) -> None:
    answer = gateway.client.post("/orders", content=(b"x" * 100_000 for _ in range(11)))

    assert_problem(answer, 413, "body-too-large")
    assert upstream.asked == []


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_a_safe_method_is_tried_again(gateway: Gateway, upstream: Upstream, method: str) -> None:
    upstream.statuses = [502, 200]

    assert gateway.client.request(method, "/orders").status_code == 200
    assert len(upstream.asked) == 2


@pytest.mark.parametrize("method", ["POST", "PATCH", "PUT", "DELETE"])
def test_no_other_method_is_ever_sent_twice(gateway: Gateway, upstream: Upstream, method: str) -> None:
    upstream.statuses = [502]

    assert_problem(gateway.client.request(method, "/orders", content=b"{}"), 502, "bad-gateway")
    assert len(upstream.asked) == 1


@pytest.mark.parametrize(("status", "slug"), [(502, "bad-gateway"), (504, "gateway-timeout")])
def test_what_the_load_balancer_answers_itself_becomes_a_problem(
    gateway: Gateway,
    upstream: Upstream,
    status: int,
    slug: str,
) -> None:
    upstream.statuses, upstream.body = [status], b"<html>"

    assert_problem(gateway.client.post("/orders"), status, slug)


@pytest.mark.parametrize("status", [400, 404, 409, 422, 500, 503])
def test_what_a_service_answers_passes_as_it_is(gateway: Gateway, upstream: Upstream, status: int) -> None:
    upstream.statuses, upstream.body = [status], b'{"detail": "of the service"}'
    upstream.headers = {"Retry-After": "7"}

    answer = gateway.client.get("/orders")

    assert (answer.status_code, answer.json()) == (status, {"detail": "of the service"})
    assert answer.headers["Retry-After"] == "7"
    assert len(upstream.asked) == 1


def test_the_access_log_says_what_happened_but_not_what_was_in_it(gateway: Gateway, upstream: Upstream) -> None:
    before = len(gateway.accesses(0))
    gateway.client.post(
        "/orders?email=ann%40example.com",
        content=b"the-body",
        headers={"Authorization": "Bearer the-token", "Cookie": "the-cookie", "X-Request-Id": "logged-1"},
    )

    line = gateway.accesses(before + 1)[-1]

    assert (line["RequestMethod"], line["RequestPath"], line["DownstreamStatus"]) == ("POST", "/orders", 200)
    assert line["request_X-Request-Id"] == "logged-1"
    assert line["ServiceName"] == "orders@file"
    written = json.dumps(line)
    for secret in ("example.com", "the-body", "the-token", "the-cookie"):
        assert secret not in written.replace("internal-lb.example.com", "")


def test_the_inside_shows_health_metrics_and_the_dashboard(gateway: Gateway) -> None:
    inside = f"http://{gateway.listen.internal}"
    gateway.client.get("/orders")

    assert httpx.get(f"{inside}/ping").text == "OK"
    assert "traefik_service_requests_total" in httpx.get(f"{inside}/metrics").text
    assert httpx.get(f"{inside}/dashboard/").status_code == 200
