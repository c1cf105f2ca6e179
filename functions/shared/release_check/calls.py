"""The calls of a release check, and their judgement: it rehearses requests, messages and stream records on a version.

A failure is described without the values of an answer, which may contain personal data.
"""

import base64
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from functions.shared.release_check.contract import Contract

NONCE = "{nonce}"
TRIES = 3
# The first request may be a cold start.
FIRST_WITHIN_MS = 15_000
UNAUTHENTICATED, UNAVAILABLE = 401, 503
# The objective of latency allows 1 %. A machine that pauses delays the requests of both versions.
LATE_SHARE, LATE_MORE = 0.01, 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The result of an invocation: its JSON value, or the kind of its error, and the time it took."""

    value: Any
    error: str | None
    duration_ms: float


@dataclass(slots=True)
class Tries:
    """The requests of all checks of a version, and those that were late, or answered 503 as a part of AWS was away.

    Each request has three tries, so that one such answer stops no release. A version that is slow for a few of its
    requests shows only in their sum.
    """

    all: int = 0
    late: int = 0

    def require_on_time(self, *, beside: "Tries") -> None:
        """Compare the requests with as many that were sent beside them to the version that serves.

        Raises:
            CheckFailed: Some more are late, and more than the objective of latency allows.
        """
        if self.late - beside.late >= LATE_MORE and self.late > LATE_SHARE * self.all:
            got = f"{self.late} of {self.all} late, and {beside.late} of {beside.all} of the version that serves"
            raise CheckFailed("all requests", expected=f"at most {LATE_SHARE:.0%} late", got=got)


# Invokes the version of a function with an event.
type Invoke = Callable[[Mapping[str, Any]], Outcome]


class CheckFailed(Exception):
    """A call did not end as expected.

    Attributes:
        call: The request, as method and path, or the batch.
        expected: The expected end.
        got: The actual one.
    """

    def __init__(self, call: str, *, expected: str, got: str) -> None:
        super().__init__(f"{call}: expected {expected}, got {got}")
        self.call = call
        self.expected = expected
        self.got = got


def check(
    checks: Mapping[str, Any],
    function: str,
    invoke: Invoke,
    *,
    serving: Mapping[str, Any] | None,
    tries: Tries | None = None,
) -> None:
    """Rehearse the calls of a function.

    Args:
        checks: The calls of the service, which `cdk/settings/synthetic.py` writes.
        function: The name of the function in the manifest.
        invoke: Invokes the new version.
        serving: The OpenAPI document of the version that serves now; None if there is none to compare with.
        tries: The requests of the version's checks before; this check adds its own.

    Raises:
        CheckFailed: A call did not end as expected; the check ends there.
    """
    calls, tries = checks["functions"][function], tries or Tries()
    if "requests" in calls:
        _check_requests(checks, calls["requests"], invoke, serving, tries)
    for batch in calls.get("batches", ()):
        call = f"{function} with {batch['name']}"
        value = _value(call, invoke({"Records": batch["records"], "rehearsal": {}}))
        if failed := (value or {}).get("batchItemFailures"):
            raise CheckFailed(call, expected="no failure", got=f"{len(failed)} in batchItemFailures")


def openapi_of(checks: Mapping[str, Any], invoke: Invoke) -> Mapping[str, Any]:
    """Return the OpenAPI document of a version.

    Raises:
        CheckFailed: The version does not answer its document.
    """
    request = {"method": "GET", "path": f"{checks['path']}/openapi.json", "status": 200, "within_ms": FIRST_WITHIN_MS}
    document: Mapping[str, Any] = _answer(checks, request, invoke)["content"]
    return document


def _check_requests(
    checks: Mapping[str, Any],
    requests: list[dict[str, Any]],
    invoke: Invoke,
    serving: Mapping[str, Any] | None,
    tries: Tries,
) -> None:
    document = openapi_of(checks, invoke)
    own, other = Contract(document), Contract(serving) if serving else None
    health = {"method": "GET", "path": f"{checks['path']}/health", "status": 200, "within_ms": FIRST_WITHIN_MS}
    read = next(each for each in requests if each["method"] == "GET")
    for request in (health, *requests):
        answer = _answer(checks, request, invoke, tries=tries)
        _check_contract(request, answer, own, "its OpenAPI document")
        path = urlsplit(request["path"]).path
        if other and request.get("compatible", True) and other.template_of(request["method"], path):
            _check_contract(request, answer, other, "the OpenAPI document of the version that serves")
    _answer(checks, {**read, "status": UNAUTHENTICATED}, invoke, is_rehearsed=False)


def _answer(
    checks: Mapping[str, Any],
    request: Mapping[str, Any],
    invoke: Invoke,
    *,
    tries: Tries | None = None,
    is_rehearsed: bool = True,
) -> dict[str, Any]:
    """Send a request, again if it was slow or a part of AWS did not answer the version, and return its last answer.

    Raises:
        CheckFailed: The status differs, the body is not JSON, or each try was too slow.
    """
    tries = tries or Tries()
    call = f"{request['method']} {request['path']}" + ("" if is_rehearsed else " without a token")
    for _ in range(TRIES):
        outcome = invoke(_event(checks, request, is_rehearsed=is_rehearsed))
        answer = _read(call, _value(call, outcome))
        is_expected = answer["status"] == request["status"]
        if not is_expected and answer["status"] != UNAVAILABLE:
            raise CheckFailed(call, expected=f"status {request['status']}", got=_told(answer))
        tries.all += 1
        if is_expected and outcome.duration_ms <= request["within_ms"]:
            return answer
        tries.late += 1
    if not is_expected:
        raise CheckFailed(call, expected=f"status {request['status']}", got=_told(answer))
    raise CheckFailed(
        call, expected=f"an answer within {request['within_ms']} ms", got=f"one after {outcome.duration_ms:.0f} ms"
    )


def _check_contract(request: Mapping[str, Any], answer: Mapping[str, Any], contract: Contract, name: str) -> None:
    fault = contract.fault_of(
        request["method"],
        urlsplit(request["path"]).path,
        status=answer["status"],
        media_type=answer["media_type"],
        content=answer["content"],
    )
    if fault:
        raise CheckFailed(f"{request['method']} {request['path']}", expected=f"an answer as in {name}", got=fault)


def _value(call: str, outcome: Outcome) -> Any:  # noqa: ANN401 - JSON
    if outcome.error:
        raise CheckFailed(call, expected="an answer", got=outcome.error)
    return outcome.value


def _event(checks: Mapping[str, Any], request: Mapping[str, Any], *, is_rehearsed: bool) -> dict[str, Any]:
    """Return the event of an Application Load Balancer with multi-value headers, except for its target group."""
    nonce = secrets.token_hex(8)
    path, _, query = request["path"].replace(NONCE, nonce).partition("?")
    pairs = [pair.partition("=") for pair in query.split("&") if pair]
    body = json.dumps(request["body"]).replace(NONCE, nonce) if request.get("body") is not None else ""
    headers = {"host": "release-check", **({"content-type": "application/json"} if body else {})}
    headers |= {name.lower(): value for name, value in request.get("headers", {}).items()}
    return {
        "requestContext": {"elb": {}},
        "httpMethod": request["method"],
        "path": path,
        "multiValueQueryStringParameters": {name: [value] for name, _, value in pairs},
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "body": body,
        "isBase64Encoded": False,
        **({"rehearsal": {"scopes": checks["scopes"]}} if is_rehearsed else {}),
    }


def _read(call: str, value: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    try:
        headers = {name.lower(): values[0] for name, values in value["multiValueHeaders"].items()}
        body: str | bytes = base64.b64decode(value["body"]) if value["isBase64Encoded"] else value["body"]
        content = json.loads(body) if body else None
        status = int(value["statusCode"])
    except (KeyError, TypeError, ValueError) as error:
        raise CheckFailed(
            call, expected="an answer for the load balancer with JSON", got=type(error).__name__
        ) from error
    return {
        "status": status,
        "media_type": headers.get("content-type", "").partition(";")[0].strip(),
        "content": content,
    }


def _told(answer: Mapping[str, Any]) -> str:
    """Return the status of an answer, with the stable type if it is a problem."""
    kind = answer["content"].get("type") if isinstance(answer["content"], dict) else None
    problem = f" ({kind})" if answer["media_type"] == "application/problem+json" else ""
    return f"status {answer['status']}{problem}"
