"""Traefik's middlewares: those of every request, and those of some routers."""

from collections.abc import Iterable
from typing import Any

from cdk.gateway.problems import BREAKER_OPEN, NOT_FOUND, REPLACED, REWRITTEN, problems
from cdk.settings.environment_sections import PREFLIGHT_REMEMBERED_S, Gateway
from cdk.settings.manifest import Manifest
from functions.shared.interface.names import COMPRESSED_FROM_BYTES

PROBLEM_PAGES = "problem-pages"
# In order: the outermost changes an answer last. `problems` is outside the limits because it replaces their errors.
# The rate and in-flight limits precede the body limit, so they count a request before its body is read.
EVERY_REQUEST = ("edge", "security-headers", "compression", "problems", "rate-limit", "in-flight", "body-limit")
TO_NOT_FOUND = "to-not-found"
TO_LOAD_BALANCER = "to-load-balancer"
RETRY = "retry"
# Attempts of a safe method, including the first, and the wait before the second.
ATTEMPTS = 2
RETRY_INTERVAL_MS = 100
PROBLEMS_PREFIX = "/problems/"
# The gateway keeps little and allocates much: it collects its garbage a third as often as by default, and keeps some
# 100 MB more. `make bench` shows the gain.
GARBAGE_PERCENT = 300
# A client that sends a larger body without a look at the answer may still find the connection closed.
DRAINED_BYTES = 64_000_000

# For answers without these headers. The docs pages set their own; other answers are data, not pages to render.
DEFAULT_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
}

# The headers of requests and answers that browsers hide from pages of other origins unless a server names them.
REQUEST_HEADERS = (
    "Authorization", "Content-Type", "Idempotency-Key", "If-Match", "If-None-Match", "Traceparent", "Tracestate",
    "X-Request-Id",
)  # fmt: skip
EXPOSED_HEADERS = ("ETag", "Idempotency-Replayed", "Link", "Location", "Retry-After", "X-Request-Id")
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")


def breaker(manifest: Manifest) -> str:
    """Return the name of a service's circuit breaker."""
    return f"{manifest.service}-breaker"


def middlewares(gateway: Gateway, manifests: Iterable[Manifest], *, proxies: int, host_header: str) -> dict[str, Any]:
    """Return all middlewares, by name.

    `proxies` load balancers are between clients and the gateway; the internal one expects `host_header` as `Host`.
    """
    client = {"ipStrategy": {"depth": proxies}}
    described = {
        "edge": {
            "plugin": {
                "edge": {
                    "defaultHeaders": DEFAULT_HEADERS,
                    "garbagePercent": GARBAGE_PERCENT,
                    "drainedBytes": DRAINED_BYTES,
                    # All of a body that would have been accepted without the limits of rate and requests in flight.
                    "drainedWhileWaitingBytes": gateway.body_limit_bytes,
                },
            },
        },
        # The same middleware, because a second one would cost each request some time.
        "security-headers": {"headers": _security_headers(gateway) | _cross_origin(gateway)},
        # One encoding, because services give the answer another entity tag for it.
        "compression": {"compress": {"encodings": ["gzip"], "minResponseBodyBytes": COMPRESSED_FROM_BYTES}},
        "problems": {
            "errors": {
                "status": [str(status) for status in (*REPLACED, *REWRITTEN)],
                "statusRewrites": {str(status): shown for status, shown in REWRITTEN.items()},
                "service": PROBLEM_PAGES,
                "query": f"{PROBLEMS_PREFIX}{{status}}",
                "errorRequestHeaders": ["X-Request-Id"],
            },
        },
        "rate-limit": {
            "rateLimit": {
                "average": gateway.rate_average_per_s,
                "burst": gateway.rate_burst,
                "period": "1s",
                "sourceCriterion": client,
            },
        },
        "in-flight": {"inFlightReq": {"amount": gateway.in_flight, "sourceCriterion": client}},
        "body-limit": {
            "buffering": {
                "maxRequestBodyBytes": gateway.body_limit_bytes,
                # Buffer the whole body in memory: the disk may be read-only.
                "memRequestBodyBytes": gateway.body_limit_bytes + 1,
            },
        },
        TO_LOAD_BALANCER: {
            "headers": {
                "customRequestHeaders": {"Host": host_header},
                # `edge` sets the answer's id; a service cannot replace it.
                "customResponseHeaders": {"X-Request-Id": ""},
            },
        },
        RETRY: {"retry": _retry()},
        TO_NOT_FOUND: {"replacePath": {"path": f"{PROBLEMS_PREFIX}{NOT_FOUND}"}},
        PROBLEM_PAGES: {"plugin": {"problems": {"problems": problems(gateway)}}},
    }
    return described | {breaker(manifest): {"circuitBreaker": _breaker(gateway)} for manifest in manifests}


def _security_headers(gateway: Gateway) -> dict[str, Any]:
    return {
        "customResponseHeaders": {
            "Strict-Transport-Security": f"max-age={gateway.hsts_s}; includeSubDomains",
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "DENY",
            "Referrer-Policy": "no-referrer",
            "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
            "Cross-Origin-Resource-Policy": "same-origin",
            # An empty value removes the header, which would reveal the server's software.
            "Server": "",
            "X-Powered-By": "",
        },
    }


def _cross_origin(gateway: Gateway) -> dict[str, Any]:
    """Return the part that answers preflights, and names the page's origin on every other answer, also on errors.

    It lies outside the limits, so that a preflight counts as no request and a page can read every refusal. Browsers
    send no cookies: a page calls with a token, which it has to have.
    """
    if not gateway.allowed_origins:
        return {}
    return {
        "accessControlAllowOriginList": list(gateway.allowed_origins),
        "accessControlAllowMethods": list(METHODS),
        "accessControlAllowHeaders": list(REQUEST_HEADERS),
        "accessControlExposeHeaders": list(EXPOSED_HEADERS),
        "accessControlMaxAge": PREFLIGHT_REMEMBERED_S,
        # A cache must not give the answer for one origin to another.
        "addVaryHeader": True,
    }


def _retry() -> dict[str, Any]:
    return {
        "attempts": ATTEMPTS,
        "initialInterval": f"{RETRY_INTERVAL_MS}ms",
        # The load balancer's answer for a failed function. A 503 is not retried: it has a Retry-After for the client.
        "status": ["502"],
        # A request with a body is not retried on a status. With Traefik's default of 2 MB, it allocates and clears that
        # much memory for each request, even without a body, which takes two thirds of the gateway's throughput.
        "maxRequestBodyBytes": 0,
    }


def _breaker(gateway: Gateway) -> dict[str, Any]:
    ratio = gateway.breaker_error_ratio
    # Only functions that crash or hang count. Traefik has no minimum number of requests, so in a quiet minute the first
    # such error opens the breaker. It therefore opens only briefly, and does not count errors of a single request (500)
    # or answers with a Retry-After of their own (503).
    failures = ("NetworkErrorRatio()", "ResponseCodeRatio(502, 503, 0, 600)", "ResponseCodeRatio(504, 505, 0, 600)")
    return {
        "expression": " || ".join(f"{failure} > {ratio}" for failure in failures),
        "fallbackDuration": f"{gateway.breaker_open_s}s",
        "recoveryDuration": f"{gateway.breaker_open_s}s",
        "responseCode": BREAKER_OPEN,
    }
