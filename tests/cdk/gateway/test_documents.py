"""The platform's own documents: the OpenAPI document of all services, and its page."""

import json
import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from cdk.gateway.documents import OPENAPI_FILE, PATHS, documents
from cdk.settings.environment import Environment
from cdk.settings.manifest import Manifest
from tests.cdk.gateway.traefik import Gateway, assert_problem
from tests.cdk.gateway.upstream import Upstream


def test_the_document_is_the_generated_one_with_the_address_of_the_environment(
    gateway: Gateway, local: Environment
) -> None:
    answer = gateway.client.get("/openapi.json")

    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")
    assert answer.json() == json.loads(OPENAPI_FILE.read_text("utf-8")) | {"servers": [{"url": local.url}]}


def test_a_text_that_would_start_a_template_is_escaped(
    local: Environment, examples: Sequence[Manifest], tmp_path: Path
) -> None:
    """Traefik would evaluate it, and refuse the whole configuration if it cannot."""
    written = tmp_path / "openapi.json"
    written.write_text(json.dumps({"info": {"title": "{{ nonsense }} {{{"}}))

    answers = documents(local, examples, file=written)["documents"]["plugin"]["documents"]["documents"]

    body = answers["/openapi.json"]["body"]
    assert "{{" not in body
    assert json.loads(body)["info"]["title"] == "{{ nonsense }} {{{"


def test_the_root_lists_the_services_with_their_docs(gateway: Gateway) -> None:
    root = gateway.client.get("/")

    assert root.status_code == 200
    assert "unsafe" not in root.headers["Content-Security-Policy"]
    assert re.findall(r'<a href="([^"]+)"', root.text) == ["/orders/docs", "/docs", "/openapi.json"]
    assert "What customers want." in root.text


def test_the_root_leads_to_the_console_before_the_services(local: Environment, examples: Sequence[Manifest]) -> None:
    orders = next(manifest for manifest in examples if manifest.service == "orders")
    assert orders.http
    http = orders.http.model_copy(update={"path": "/console"})
    console = orders.model_copy(update={"service": "console", "http": http})

    page = documents(local, [console, orders])["documents"]["plugin"]["documents"]["documents"]["/"]["body"]

    assert re.findall(r'<a href="([^"]+)"', page)[:2] == ["/console", "/orders/docs"]


def test_the_page_of_the_platform_takes_all_files_from_this_origin(gateway: Gateway) -> None:
    page = gateway.client.get("/docs")

    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]
    assert re.findall(r'(?:href|src)="([^"]+)"', page.text) == [
        "data:,",
        "/orders/docs/swagger-ui.css",
        "/orders/docs/swagger-ui-bundle.js",
        "/docs/start.js",
    ]
    assert 'url: "/openapi.json"' in gateway.client.get("/docs/start.js").text


@pytest.mark.parametrize("path", PATHS)
def test_a_document_has_the_headers_of_every_answer_and_is_asked_for_each_time(gateway: Gateway, path: str) -> None:
    answer = gateway.client.head(path)

    assert answer.content == b""
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "X-Request-Id" in answer.headers
    assert path == "/" or answer.headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize("path", PATHS)
def test_a_document_can_only_be_read(gateway: Gateway, upstream: Upstream, path: str) -> None:
    assert_problem(gateway.client.post(path), 404, "not-found")
    assert upstream.requests == []
