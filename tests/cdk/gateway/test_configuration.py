"""The generated configuration, before Traefik reads it."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from cdk.gateway.configuration import (
    PLUGINS,
    WORKING_DIRECTORY,
    Certificate,
    Listen,
    Upstream,
    dynamic_configuration,
    static_configuration,
)
from cdk.settings.environment import Environment
from cdk.settings.manifest import Manifest
from tests.cdk.gateway.conftest import changed
from tests.cdk.gateway.traefik import PROJECT

LISTEN = Listen(http="127.0.0.1:80", https="127.0.0.1:443", internal="127.0.0.1:8081")
CERTIFICATE = Certificate(certificate_file=Path("leaf.pem"), key_file=Path("leaf.key"))


def dynamic(environment: Environment, manifests: Sequence[Manifest], listen: Listen = LISTEN) -> dict[str, Any]:
    upstream = Upstream(url="https://lb.example.com", host_header="lb.example.com", server_name="internal.example.com")
    return dynamic_configuration(environment, manifests, listen=listen, upstream=upstream, certificate=CERTIFICATE)


@pytest.fixture
def http(local: Environment, examples: Sequence[Manifest]) -> dict[str, Any]:
    section: dict[str, Any] = dynamic(local, examples)["http"]
    return section


def test_it_is_plain_data(local: Environment, examples: Sequence[Manifest]) -> None:
    for configuration in (
        dynamic(local, examples),
        static_configuration(listen=LISTEN, dynamic_file=Path("dynamic.yml")),
    ):
        assert yaml.safe_load(yaml.safe_dump(configuration)) == configuration


def test_only_services_with_http_have_routes(http: dict[str, Any]) -> None:
    assert set(http["serversTransports"]) == {"orders"}
    assert {name for name in http["routers"] if name.startswith("orders")} == {"orders", "orders-safe", "orders-unsafe"}
    assert not [name for name in http["routers"] if name.startswith(("ledger", "audit"))]


def test_another_service_does_not_change_the_existing_ones(
    http: dict[str, Any],
    local: Environment,
    examples: Sequence[Manifest],
) -> None:
    orders = next(manifest for manifest in examples if manifest.service == "orders")
    assert orders.http
    refunds = orders.model_copy(
        update={"service": "refunds", "http": orders.http.model_copy(update={"path": "/refunds"})},
    )

    more = dynamic(local, [*examples, refunds])["http"]
    # The start page lists all services.
    for each in (http, more):
        del each["middlewares"]["documents"]["plugin"]["documents"]["documents"]["/"]

    for kind, described in http.items():
        assert {name: more[kind][name] for name in described} == described
        assert all(name.startswith("refunds") for name in more[kind].keys() - described.keys())


def test_every_limit_comes_from_the_environment(local: Environment, examples: Sequence[Manifest]) -> None:
    limits = {
        "rate_average_per_s": 11,
        "rate_burst": 12,
        "in_flight": 13,
        "body_limit_bytes": 14,
        "breaker_error_ratio": 0.17,
        "breaker_open_s": 18,
        "hsts_s": 19,
        "allowed_origins": ["https://app.example.com"],
    }
    environment = changed(local, **limits)
    assert set(limits) == set(type(local.gateway).model_fields)

    middlewares = dynamic(environment, examples)["http"]["middlewares"]

    assert middlewares["rate-limit"]["rateLimit"]["average"] == 11
    assert middlewares["rate-limit"]["rateLimit"]["burst"] == 12
    assert middlewares["in-flight"]["inFlightReq"]["amount"] == 13
    assert middlewares["body-limit"]["buffering"]["maxRequestBodyBytes"] == 14
    assert middlewares["retry"]["retry"]["attempts"] == 2
    assert middlewares["retry"]["retry"]["initialInterval"] == "100ms"
    assert middlewares["orders-breaker"]["circuitBreaker"]["expression"].startswith("NetworkErrorRatio() > 0.17 || ")
    assert middlewares["orders-breaker"]["circuitBreaker"]["fallbackDuration"] == "18s"
    assert middlewares["security-headers"]["headers"]["customResponseHeaders"]["Strict-Transport-Security"] == (
        "max-age=19; includeSubDomains"
    )
    assert middlewares["security-headers"]["headers"]["accessControlAllowOriginList"] == ["https://app.example.com"]


def test_without_an_allowed_origin_no_request_pays_for_one(local: Environment, examples: Sequence[Manifest]) -> None:
    middlewares = dynamic(changed(local, allowed_origins=[]), examples)["http"]["middlewares"]

    assert set(middlewares["security-headers"]["headers"]) == {"customResponseHeaders"}


def test_a_page_of_an_allowed_origin_may_send_and_read_every_header_of_the_documents(
    local: Environment, examples: Sequence[Manifest]
) -> None:
    document = json.loads((PROJECT / "docs" / "openapi.json").read_text("utf-8"))
    operations = [(method, each) for path in document["paths"].values() for method, each in path.items()]
    sent = {
        each["name"]
        for _, operation in operations
        for each in operation.get("parameters", [])
        if each["in"] == "header"
    }
    answered = {
        name
        for _, operation in operations
        for each in operation["responses"].values()
        for name in each.get("headers", {})
    }

    described = dynamic(changed(local, allowed_origins=["https://a.io"]), examples)["http"]["middlewares"]
    headers = described["security-headers"]["headers"]

    assert {method.upper() for method, _ in operations} <= set(headers["accessControlAllowMethods"])
    allowed = {name.lower() for name in headers["accessControlAllowHeaders"]}
    assert {name.lower() for name in sent} | {"authorization", "content-type"} <= allowed
    assert answered | {"X-Request-Id", "Link"} <= set(headers["accessControlExposeHeaders"])


def test_a_function_may_use_all_of_its_time(http: dict[str, Any]) -> None:
    assert http["serversTransports"]["orders"]["forwardingTimeouts"]["responseHeaderTimeout"] == "25s"


def test_the_load_balancer_is_verified_by_the_name_of_its_certificate(http: dict[str, Any]) -> None:
    assert http["serversTransports"]["orders"]["serverName"] == "internal.example.com"
    assert "insecureSkipVerify" not in http["serversTransports"]["orders"]


def test_behind_a_load_balancer_the_client_is_the_address_that_the_load_balancer_saw(
    local: Environment,
    examples: Sequence[Manifest],
) -> None:
    behind = Listen(
        http="0.0.0.0:80",
        https="0.0.0.0:443",
        internal="127.0.0.1:8081",
        proxies=1,
        trusted_proxies=["10.20.0.0/16"],
    )

    middlewares = dynamic(local, examples, behind)["http"]["middlewares"]
    entry_points = static_configuration(listen=behind, dynamic_file=Path("dynamic.yml"))["entryPoints"]

    assert middlewares["rate-limit"]["rateLimit"]["sourceCriterion"] == {"ipStrategy": {"depth": 1}}
    assert middlewares["in-flight"]["inFlightReq"]["sourceCriterion"] == {"ipStrategy": {"depth": 1}}
    assert entry_points["websecure"]["forwardedHeaders"] == {"trustedIPs": ["10.20.0.0/16"]}


def test_a_client_has_a_limited_time_to_send_its_request(tmp_path: Path) -> None:
    entry_points = static_configuration(listen=LISTEN, dynamic_file=tmp_path / "dynamic.yml")["entryPoints"]

    for name in ("web", "websecure"):
        assert entry_points[name]["transport"]["respondingTimeouts"] == {"readTimeout": "60s"}


def test_clients_get_tls_1_2_or_newer_with_forward_secrecy_and_authentication(
    local: Environment,
    examples: Sequence[Manifest],
) -> None:
    options = dynamic(local, examples)["tls"]["options"]["default"]

    assert options["minVersion"] == "VersionTLS12"
    assert all(
        name.startswith("TLS_ECDHE_") and ("GCM" in name or "POLY1305" in name) for name in options["cipherSuites"]
    )


def test_the_dashboard_and_metrics_are_only_on_the_internal_entry_point(http: dict[str, Any]) -> None:
    static = static_configuration(listen=LISTEN, dynamic_file=Path("dynamic.yml"))

    assert http["routers"]["dashboard"]["entryPoints"] == ["traefik"]
    assert static["metrics"]["prometheus"]["entryPoint"] == "traefik"
    assert static["entryPoints"]["traefik"]["address"] == LISTEN.internal
    assert "insecure" not in static["api"]


@pytest.mark.parametrize("plugin", PLUGINS)
def test_every_plugin_is_where_traefik_looks_for_it(plugin: str) -> None:
    folder = WORKING_DIRECTORY / "plugins-local" / "src" / "platform" / plugin

    assert yaml.safe_load((folder / ".traefik.yml").read_text("utf-8"))["import"] == f"platform/{plugin}"
    assert (folder / f"{plugin}.go").is_file()
