"""Traefik's static and dynamic configuration, as plain data for a YAML file.

`Listen`, `Upstream` and `Certificate` hold the differences between a laptop and AWS; everything else is the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cdk.gateway.documents import documents
from cdk.gateway.middlewares import PROBLEM_PAGES, middlewares
from cdk.gateway.routers import HTTP, HTTPS, INTERNAL, routers
from cdk.settings.environment import Environment
from cdk.settings.manifest import Manifest

# Traefik must start in this folder: it looks for `plugins-local/` in its working directory.
WORKING_DIRECTORY = Path(__file__).resolve().parent
PLUGINS = ("documents", "edge", "problems")

# Mozilla's intermediate configuration, without the suites that lack authentication or forward secrecy:
# https://wiki.mozilla.org/Security/Server_Side_TLS. The suites of TLS 1.3 cannot be chosen.
CIPHER_SUITES = (
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
)
DIAL_TIMEOUT_S = 3
# For a whole request, also for the part of a refused body that `edge` reads: no limit counts that as a request.
READ_TIMEOUT_S = 60
# Connections to the load balancer that wait for the next request. Go keeps two by default, so of sixteen concurrent
# requests most would begin with a TLS handshake.
IDLE_CONNECTIONS = 512
# If a function uses all of its time, the load balancer must answer before the gateway's own timeout.
ANSWER_MARGIN_S = 5
LOG_BUFFER = 100
# https://doc.traefik.io/traefik/reference/install-configuration/observability/logs-and-accesslogs/
LOG_FIELDS = (
    "StartUTC",
    "Duration",
    "ClientHost",
    "RequestProtocol",
    "RequestContentSize",
    "RouterName",
    "ServiceName",
    "RetryAttempts",
    "OriginStatus",
    "OriginDuration",
    "DownstreamStatus",
    "DownstreamContentSize",
    "TLSVersion",
)
LOG_HEADERS = ("X-Request-Id", "X-Request-Method")


@dataclass(frozen=True, kw_only=True)
class Listen:
    """The addresses that Traefik listens on (`host:port`), and the proxies in front of it."""

    http: str
    https: str
    # For the dashboard, ping, metrics and the pages of problems; must be an address of this host only.
    internal: str
    public_https_port: int = 443
    # The number of load balancers between clients and the gateway, and the networks that they call from.
    proxies: int = 0
    trusted_proxies: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class Upstream:
    """The internal load balancer: its URL, its names, and the CA of its certificate."""

    url: str
    host_header: str
    server_name: str | None = None
    ca_file: Path | None = None
    # The load balancer closes idle connections after 60 s. Traefik closes them first, and so never uses a closed one.
    idle_timeout_s: int = 55


@dataclass(frozen=True, kw_only=True)
class Certificate:
    """The certificate that the gateway presents to clients, and its key."""

    certificate_file: Path
    key_file: Path


def static_configuration(
    *,
    listen: Listen,
    dynamic_file: Path,
    access_log_file: Path | None = None,
    log_level: str = "INFO",
    accept_s: int = 0,
    drain_s: int = 10,
) -> dict[str, Any]:
    """Return the configuration that Traefik reads once, at its start; by default it logs accesses to standard output.

    After SIGTERM, Traefik accepts requests for another `accept_s` seconds while its ping answers 503, and then has
    `drain_s` seconds to answer them.
    """
    life_cycle = {"requestAcceptGraceTimeout": f"{accept_s}s", "graceTimeOut": f"{drain_s}s"}
    common = {
        "forwardedHeaders": {"trustedIPs": list(listen.trusted_proxies)},
        "transport": {"lifeCycle": life_cycle, "respondingTimeouts": {"readTimeout": f"{READ_TIMEOUT_S}s"}},
    }
    # `X_Request_Id` would pass for `X-Request-Id` behind the gateway: https://doc.traefik.io/traefik/security/header-aliases/
    headers = {"aliasHeadersStrategy": "delete"}
    redirection = {"entryPoint": {"to": f":{listen.public_https_port}", "scheme": "https", "permanent": True}}
    return {
        "global": {"checkNewVersion": False, "sendAnonymousUsage": False},
        "entryPoints": {
            HTTP: {"address": listen.http, **common, "http": {**headers, "redirections": redirection}},
            HTTPS: {"address": listen.https, **common, "http": headers},
            INTERNAL: {"address": listen.internal, "http": headers},
        },
        "providers": {"file": {"filename": str(dynamic_file), "watch": True}},
        "api": {"dashboard": True, "disableDashboardAd": True},
        # The routers place the ping: the load balancer calls it on the entry point that requests use.
        "ping": {"manualRouting": True},
        "metrics": {"prometheus": {"entryPoint": INTERNAL}},
        "log": {"level": log_level, "format": "json", "noColor": True},
        "accessLog": _access_log(access_log_file),
        "experimental": {"localPlugins": {name: {"moduleName": f"platform/{name}"} for name in PLUGINS}},
    }


def dynamic_configuration(
    environment: Environment,
    manifests: Sequence[Manifest],
    *,
    listen: Listen,
    upstream: Upstream,
    certificate: Certificate | None,
) -> dict[str, Any]:
    """Return the configuration that Traefik reloads when the file changes: routes, limits, certificates.

    Without a certificate Traefik generates one.
    """
    served = [manifest for manifest in manifests if manifest.http]
    return {
        "http": {
            "routers": routers(served),
            "middlewares": middlewares(
                environment.gateway,
                served,
                proxies=listen.proxies,
                host_header=upstream.host_header,
            )
            | documents(environment, served),
            "services": {
                PROBLEM_PAGES: {"loadBalancer": {"servers": [{"url": f"http://{listen.internal}"}]}},
                **{
                    manifest.service: {
                        "loadBalancer": {"servers": [{"url": upstream.url}], "serversTransport": manifest.service},
                    }
                    for manifest in served
                },
            },
            "serversTransports": {manifest.service: _transport(manifest, upstream) for manifest in served},
        },
        "tls": {
            "options": {"default": {"minVersion": "VersionTLS12", "cipherSuites": list(CIPHER_SUITES)}},
            **({"stores": {"default": {"defaultCertificate": _files(certificate)}}} if certificate else {}),
        },
    }


def _files(certificate: Certificate) -> dict[str, str]:
    return {"certFile": str(certificate.certificate_file), "keyFile": str(certificate.key_file)}


def _transport(manifest: Manifest, upstream: Upstream) -> dict[str, Any]:
    timeout_s = max(function.timeout_s for function in manifest.functions_of("http").values()) + ANSWER_MARGIN_S
    transport: dict[str, Any] = {
        # HTTP/2 would send all requests of a task over one connection, to one node of the load balancer.
        "disableHTTP2": True,
        "maxIdleConnsPerHost": IDLE_CONNECTIONS,
        "forwardingTimeouts": {
            "dialTimeout": f"{DIAL_TIMEOUT_S}s",
            "responseHeaderTimeout": f"{timeout_s}s",
            "idleConnTimeout": f"{upstream.idle_timeout_s}s",
        },
    }
    if upstream.server_name:
        transport["serverName"] = upstream.server_name
    if upstream.ca_file:
        transport["rootCAs"] = [str(upstream.ca_file)]
    return transport


def _access_log(file: Path | None) -> dict[str, Any]:
    """Log each request without its content: the router instead of the path, no query, no body, only two headers.

    Traefik's own fields of the path, the host and the method hold any text that a client sends. `edge` writes a header
    with the method, or `other` if HTTP does not define it.
    """
    return {
        **({"filePath": str(file)} if file else {}),
        "format": "json",
        # Requests do not wait for the log. SIGTERM writes all lines; a crash loses this number at most.
        "bufferingSize": LOG_BUFFER,
        "fields": {
            "defaultMode": "drop",
            "names": dict.fromkeys(LOG_FIELDS, "keep"),
            "headers": {"defaultMode": "drop", "names": dict.fromkeys(LOG_HEADERS, "keep")},
            "queryParameters": {"defaultMode": "drop"},
        },
    }
