"""Pages of other origins before the real Traefik: preflights, answers and refusals."""

import httpx
import pytest

from cdk.settings.environment import Environment
from tests.cdk.gateway.traefik import Gateway, assert_problem
from tests.cdk.gateway.upstream import Upstream

pytestmark = pytest.mark.slow

ELSEWHERE = "https://elsewhere.example"


@pytest.fixture
def page(local: Environment) -> str:
    """The origin of a page that may call the platform."""
    return local.gateway.allowed_origins[0]


def preflight(gateway: Gateway, origin: str, path: str = "/orders/1") -> httpx.Response:
    asked = {
        "Origin": origin,
        "Access-Control-Request-Method": "PATCH",
        "Access-Control-Request-Headers": "authorization,content-type,if-match",
    }
    return gateway.client.options(path, headers=asked)


@pytest.mark.parametrize("path", ["/orders/1", "/nothing", "/openapi.json"])
def test_a_preflight_is_answered_without_a_service(gateway: Gateway, upstream: Upstream, page: str, path: str) -> None:
    answer = preflight(gateway, page, path)

    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == page
    assert "PATCH" in answer.headers["Access-Control-Allow-Methods"].split(",")
    allowed = answer.headers["Access-Control-Allow-Headers"].lower().split(",")
    assert {"authorization", "content-type", "if-match"} <= set(allowed)
    assert answer.headers["Access-Control-Max-Age"] == "7200"
    # With credentials, a page could use the cookies or certificates of its visitor.
    assert "Access-Control-Allow-Credentials" not in answer.headers
    assert upstream.requests == []


@pytest.mark.parametrize("origin", [ELSEWHERE, "null", "http://localhost:3000.elsewhere.example", ""])
def test_no_other_origin_is_allowed(gateway: Gateway, upstream: Upstream, origin: str) -> None:
    answers = [preflight(gateway, origin), gateway.client.get("/orders", headers={"Origin": origin})]

    assert all("Access-Control-Allow-Origin" not in answer.headers for answer in answers)


def test_an_allowed_page_reads_answers_with_their_headers(gateway: Gateway, upstream: Upstream, page: str) -> None:
    # A service cannot allow more than the gateway does.
    upstream.headers = {"ETag": '"1"', "Access-Control-Allow-Origin": page}
    answer = gateway.client.get("/orders", headers={"Origin": page})

    assert answer.headers.get_list("Access-Control-Allow-Origin") == [page]
    exposed = answer.headers["Access-Control-Expose-Headers"].split(",")
    assert {"ETag", "Location", "Retry-After", "X-Request-Id", "Idempotency-Replayed", "Link"} <= set(exposed)
    assert "Origin" in answer.headers["Vary"]


@pytest.mark.parametrize(("status", "slug"), [(502, "bad-gateway"), (504, "gateway-timeout")])
def test_an_allowed_page_reads_an_error_of_the_load_balancer(
    gateway: Gateway, upstream: Upstream, page: str, status: int, slug: str
) -> None:
    upstream.statuses = [status]
    answer = gateway.client.post("/orders", headers={"Origin": page})

    assert_problem(answer, status, slug)
    assert answer.headers["Access-Control-Allow-Origin"] == page


def test_an_allowed_page_reads_a_refusal_of_the_gateway(gateway: Gateway, upstream: Upstream, page: str) -> None:
    refusals = [
        ("/nothing", b"", 404, "not-found"),
        ("/orders", b"x" * 1_000_001, 413, "body-too-large"),
    ]
    for path, body, status, slug in refusals:
        answer = gateway.client.post(path, content=body, headers={"Origin": page})
        assert_problem(answer, status, slug)
        assert answer.headers["Access-Control-Allow-Origin"] == page
