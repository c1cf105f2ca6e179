"""What every request passes on its way through the gateway, and what only some do."""

from collections.abc import Iterable
from typing import Any

from cdk.gateway.problems import BREAKER_OPEN, NOT_FOUND, REPLACED, UNAVAILABLE, problems
from cdk.settings.environment_sections import Gateway
from cdk.settings.manifest import Manifest

PROBLEM_PAGES = "problem-pages"
# From the outside in: each is an answer's last word over what is inside it. The page of a problem is fetched outside
# the limits that cause it; the limits count a request before its body is read.
EVERY_REQUEST = ("edge", "security-headers", "compression", "problems", "rate-limit", "in-flight", "body-limit")
TO_NOT_FOUND = "to-not-found"
TO_LOAD_BALANCER = "to-load-balancer"
RETRY = "retry"
# Tries of a safe method, the first one included, and the wait before the second.
ATTEMPTS = 2
RETRY_INTERVAL_MS = 100
PROBLEMS_PREFIX = "/problems/"

# For an answer that says nothing else: it is data, and a browser must not show it as a page.
# For answers that do not say otherwise themselves, as the docs pages do.
DEFAULT_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def breaker(manifest: Manifest) -> str:
    """Name the circuit breaker of a service."""
    return f"{manifest.service}-breaker"


def middlewares(gateway: Gateway, manifests: Iterable[Manifest], *, proxies: int, host_header: str) -> dict[str, Any]:
    """Describe all middlewares by name.

    `proxies` load balancers stand between the client and the gateway; the one behind it is known by `host_header`.
    """
    client = {"ipStrategy": {"depth": proxies}}
    described = {
        "edge": {"plugin": {"edge": {"defaultHeaders": DEFAULT_HEADERS}}},
        "security-headers": {"headers": _security_headers(gateway)},
        "compression": {"compress": {"minResponseBodyBytes": 1024}},
        "problems": {
            "errors": {
                "status": [str(status) for status in (*REPLACED, BREAKER_OPEN)],
                "statusRewrites": {str(BREAKER_OPEN): UNAVAILABLE},
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
                # All of it in memory: nothing is ever written to a disk, which may be read-only.
                "memRequestBodyBytes": gateway.body_limit_bytes + 1,
            },
        },
        TO_LOAD_BALANCER: {"headers": {"customRequestHeaders": {"Host": host_header}}},
        RETRY: {"retry": _retry()},
        TO_NOT_FOUND: {"replacePath": {"path": f"{PROBLEMS_PREFIX}{NOT_FOUND}"}},
        PROBLEM_PAGES: {"plugin": {"problems": {"problems": problems(gateway)}}},
    }
    return described | {breaker(manifest): {"circuitBreaker": _breaker(gateway)} for manifest in manifests}


def _security_headers(gateway: Gateway) -> dict[str, Any]:
    return {
        "stsSeconds": gateway.hsts_s,
        "stsIncludeSubdomains": True,
        "contentTypeNosniff": True,
        "frameDeny": True,
        "referrerPolicy": "no-referrer",
        "permissionsPolicy": "camera=(), geolocation=(), microphone=()",
        "customResponseHeaders": {
            "Cross-Origin-Resource-Policy": "same-origin",
            # An empty value takes the header away: who serves is nobody's business.
            "Server": "",
            "X-Powered-By": "",
        },
    }


def _retry() -> dict[str, Any]:
    return {
        "attempts": ATTEMPTS,
        "initialInterval": f"{RETRY_INTERVAL_MS}ms",
        # The load balancer's answer for a function that failed. A 503 is not retried: it says when to come again.
        "status": ["502"],
    }


def _breaker(gateway: Gateway) -> dict[str, Any]:
    ratio = gateway.breaker_error_ratio
    # Functions that crash or hang. Traefik has no least number of requests, so in a quiet minute the first error opens
    # the breaker: errors of one request (500) and those that name their own end (503) must not, and it opens briefly.
    failures = ("NetworkErrorRatio()", "ResponseCodeRatio(502, 503, 0, 600)", "ResponseCodeRatio(504, 505, 0, 600)")
    return {
        "expression": " || ".join(f"{failure} > {ratio}" for failure in failures),
        "fallbackDuration": f"{gateway.breaker_open_s}s",
        "recoveryDuration": f"{gateway.breaker_open_s}s",
        "responseCode": BREAKER_OPEN,
    }
