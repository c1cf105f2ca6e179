"""The gateway's own errors, as problem details in the same form as those of the services."""

from cdk.settings.environment_sections import Gateway

# The internal status of an open circuit breaker, which clients see as 503. Neither a service nor the load balancer
# answers with it, so a service's own 503, which is more specific, still passes.
BREAKER_OPEN = 530
# The status of Traefik for a client that has gone, and for a body that did not arrive whole; see the plugin `edge`.
NOT_WHOLE = 499
BAD_REQUEST, URI_TOO_LONG, HEADERS_TOO_LARGE = 400, 414, 431
NOT_FOUND, BODY_TOO_LARGE, TOO_MANY_REQUESTS, BAD_GATEWAY, UNAVAILABLE, GATEWAY_TIMEOUT = 404, 413, 429, 502, 503, 504

# Answers with these statuses are replaced: they come from Traefik or the load balancer, never from a service.
REPLACED = (
    BODY_TOO_LARGE, URI_TOO_LONG, TOO_MANY_REQUESTS, HEADERS_TOO_LARGE, BAD_GATEWAY, GATEWAY_TIMEOUT,
)  # fmt: skip
# Internal statuses, which are replaced, too, and the statuses that clients see.
REWRITTEN = {NOT_WHOLE: BAD_REQUEST, BREAKER_OPEN: UNAVAILABLE}


def problems(gateway: Gateway) -> dict[str, dict[str, str | int]]:
    """Return every problem by its status, in the form of the plugin `problems`."""
    limit = f"{gateway.body_limit_bytes:,} bytes"
    return {
        str(BAD_REQUEST): _problem(
            "broken-body", "The body is broken", "The body broke off, or is not framed as its headers say."
        ),
        str(URI_TOO_LONG): _problem("uri-too-long", "The URL is too long", "Send a shorter URL."),
        str(HEADERS_TOO_LARGE): _problem(
            "headers-too-large", "The headers are too large", "Send fewer or shorter headers."
        ),
        str(NOT_FOUND): _problem("not-found", "Not found", "No service answers this path."),
        str(BODY_TOO_LARGE): _problem("body-too-large", "The body is too large", f"A body may have {limit} at most."),
        str(TOO_MANY_REQUESTS): _problem(
            "too-many-requests",
            "Too many requests",
            "You have sent more than your share of requests. Wait before you send another.",
            retry_after_s=1,
        ),
        str(BAD_GATEWAY): _problem(
            "bad-gateway",
            "The service did not answer",
            "The service could not be reached, or failed. Whether the request had an effect is not known.",
        ),
        str(UNAVAILABLE): _problem(
            "unavailable",
            "The service is unavailable",
            "The service fails too often at present and is given time to recover. The request had no effect.",
            retry_after_s=gateway.breaker_open_s,
        ),
        str(GATEWAY_TIMEOUT): _problem(
            "gateway-timeout",
            "The service took too long",
            "The service did not answer in time. Whether the request had an effect is not known.",
        ),
    }


def _problem(slug: str, title: str, detail: str, *, retry_after_s: int = 0) -> dict[str, str | int]:
    return {
        "type": f"urn:problem-type:{slug}",
        "title": title,
        "detail": detail,
        "retryAfterSeconds": retry_after_s,
    }
