"""Traefik's routers: one tree, so that each limit counts requests of all paths together."""

from collections.abc import Iterable
from typing import Any

from cdk.gateway.documents import DOCUMENTS, PATHS
from cdk.gateway.middlewares import (
    EVERY_REQUEST,
    PROBLEM_PAGES,
    PROBLEMS_PREFIX,
    RETRY,
    TO_LOAD_BALANCER,
    TO_NOT_FOUND,
    breaker,
)
from cdk.settings.manifest import Http, Manifest

ROOT = "everything"
EVERYTHING = "PathPrefix(`/`)"
# Answers 200 while the gateway accepts requests, and 503 after SIGTERM.
PING_PATH = "/ping"
PING = f"Path(`{PING_PATH}`)"
# Repeating them has no effect on the service: https://www.rfc-editor.org/rfc/rfc9110#section-9.2.1
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
PREFERRED, FALLBACK = 2, 1

# The entry points; INTERNAL is reachable only from this host.
HTTP, HTTPS, INTERNAL = "web", "websecure", "traefik"


def routers(manifests: Iterable[Manifest]) -> dict[str, Any]:
    """Return all routers by name: the public tree, and the internal pages."""
    described: dict[str, Any] = {
        ROOT: {"rule": EVERYTHING, "entryPoints": [HTTPS], "middlewares": list(EVERY_REQUEST), "tls": {}},
        "no-service": {
            "rule": EVERYTHING,
            "priority": FALLBACK,
            "parentRefs": [ROOT],
            "middlewares": [TO_NOT_FOUND],
            "service": PROBLEM_PAGES,
        },
        "ping": {
            "rule": PING,
            "priority": PREFERRED,
            "parentRefs": [ROOT],
            "service": "ping@internal",
        },
        DOCUMENTS: {
            "rule": f"({' || '.join(f'Path(`{path}`)' for path in PATHS)}) && (Method(`GET`) || Method(`HEAD`))",
            "priority": PREFERRED,
            "parentRefs": [ROOT],
            "middlewares": [DOCUMENTS],
            "service": "noop@internal",
        },
        "internal-ping": {"rule": PING, "entryPoints": [INTERNAL], "service": "ping@internal"},
        PROBLEM_PAGES: {
            "rule": f"PathPrefix(`{PROBLEMS_PREFIX}`)",
            "entryPoints": [INTERNAL],
            "middlewares": [PROBLEM_PAGES],
            "service": "noop@internal",
        },
        "dashboard": {
            # The page of another site could give its own name the address 127.0.0.1, and then read the answers.
            "rule": "(Host(`127.0.0.1`) || Host(`localhost`)) && (PathPrefix(`/api`) || PathPrefix(`/dashboard`))",
            "entryPoints": [INTERNAL],
            "service": "api@internal",
        },
    }
    for manifest in manifests:
        if manifest.http:
            described |= _service_routers(manifest, manifest.http)
    return described


def _service_routers(manifest: Manifest, http: Http) -> dict[str, Any]:
    methods = " || ".join(f"Method(`{method}`)" for method in SAFE_METHODS)
    return {
        manifest.service: {
            "rule": f"Path(`{http.path}`) || PathPrefix(`{http.path}/`)",
            "priority": PREFERRED,
            "parentRefs": [ROOT],
            "middlewares": [breaker(manifest), TO_LOAD_BALANCER],
        },
        f"{manifest.service}-safe": {
            "rule": methods,
            "priority": PREFERRED,
            "parentRefs": [manifest.service],
            "middlewares": [RETRY],
            "service": manifest.service,
        },
        f"{manifest.service}-unsafe": {
            "rule": EVERYTHING,
            "priority": FALLBACK,
            "parentRefs": [manifest.service],
            "service": manifest.service,
        },
    }
