"""Refuse requests that the page of another site can send: it may neither change anything nor read an answer.

A browser sends requests of every page to this machine, also those of a site that gives its own name the address
127.0.0.1 (DNS rebinding). Such a request shows in `Host`, `Origin` or `Sec-Fetch-Site`, which no page can choose.
Open to other sites, as on AWS, are only Cognito's sign-in and tokens, and buckets as far as their CORS rules allow.
"""

import json
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from functools import cached_property
from typing import Any
from urllib.parse import parse_qs

from ministack import app as ministack_app
from ministack.core import iam_actions, router
from ministack.services import alb

from local.embedded_aws.iam.verified_callers import Keyless, UnverifiedCallerError, keyless

type Scope = MutableMapping[str, Any]
type Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
type Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
type App = Callable[[Scope, Receive, Send], Awaitable[None]]

FORBIDDEN = 403
_HERE = frozenset({"localhost", "127.0.0.1", "[::1]"})
# MiniStack's own pages can delete all state. A custom resource answers on a page with a secret name.
_INTERNAL = ("/_ministack/", "/_localstack/")
_OPEN_INTERNAL = ("/_ministack/health", "/_ministack/cfn-response/")
_SIGN_IN = frozenset({"/login", "/logout"})
_COGNITO_TARGET = "AWSCognitoIdentityProviderService."


class WebGuard:
    """The application behind the guard.

    Args:
        app: MiniStack's application.
        origins: The origins of this platform's own pages.

    Attributes:
        answered: The number of requests that it has passed on.
        being_answered: The number of those that have no answer yet.
    """

    def __init__(self, app: App, *, origins: frozenset[str]) -> None:
        self._app = app
        self._origins = origins
        self.answered = 0
        self.being_answered = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request, or refuse it."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await self._answer(_Request(scope), receive, send)
        else:
            # Nothing of the platform uses web sockets.
            await send({"type": "websocket.close", "code": 1008})

    async def _answer(self, request: "_Request", receive: Receive, send: Send) -> None:
        if refusal := request.refusal(self._origins):
            await _send(send, FORBIDDEN, {"content-type": "application/json"}, _error(refusal))
            return
        if not request.is_open_to_other_sites and request.origin not in self._origins:
            send = _without_cors(send)
        keyless.set(request.keyless)
        # The probe of `make up` and `make status` changes nothing.
        self.answered += not request.path.startswith(_INTERNAL)
        self.being_answered += 1
        try:
            await self._app(request.scope, receive, send)
        except UnverifiedCallerError as unverified:
            await _send(
                send, *ministack_app._credential_failure(request.service, "", "", unverified.error, request.headers)
            )
        finally:
            self.being_answered -= 1


class _Request:
    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.path: str = scope["path"]
        # Of a repeated header, browsers and Traefik send none that decides here.
        self.headers: Mapping[str, str] = {
            name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]
        }
        self.origin = self.headers.get("origin")
        self._query = parse_qs(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True)
        host = self.headers.get("host", "").lower()
        self._host = host if host.endswith("]") else host.rsplit(":", 1)[0]

    @cached_property
    def service(self) -> str:
        """The AWS service that MiniStack takes the request for."""
        return str(router.detect_service(self.scope["method"], self.path, self.headers, self._query))

    @cached_property
    def is_for_load_balancer(self) -> bool:
        """True if it names a load balancer; a browser sends no such name to this machine, only the gateway does."""
        return any(each["DNSName"].lower() == self._host for each in alb._lbs._data.values())

    @cached_property
    def is_sign_in(self) -> bool:
        """True for the pages and token endpoints of Cognito."""
        return self.path in _SIGN_IN or self.path.startswith("/oauth2/") or "/.well-known/" in self.path

    @cached_property
    def is_for_bucket(self) -> bool:
        """True if it names a bucket that exists, in its path."""
        # In a body of this type, MiniStack would find the name of another service's action.
        if self.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            return False
        addressed = ministack_app._s3_cors_target("", self.path)
        return addressed is not None and self.service == "s3"

    @cached_property
    def is_open_to_other_sites(self) -> bool:
        """True if pages of other sites may send it, because it carries its own proof, or needs none."""
        return self.is_for_load_balancer or self.is_sign_in or self.is_for_bucket

    @cached_property
    def keyless(self) -> Keyless:
        """The part of AWS that it reaches without a key."""
        if self.is_for_load_balancer or self.is_sign_in:
            return Keyless.ENDPOINT
        return Keyless.OPERATION if self._signs_in or self.is_for_bucket else Keyless.NOTHING

    @cached_property
    def _signs_in(self) -> bool:
        """True for an operation of Cognito that AWS takes from everybody, such as `InitiateAuth`."""
        target = self.headers.get("x-amz-target", "")
        operation = target.removeprefix(_COGNITO_TARGET)
        return (
            self.path == "/"
            and target.startswith(_COGNITO_TARGET)
            and operation in iam_actions.unsigned_operations("cognito-idp")
        )

    def refusal(self, origins: frozenset[str]) -> str | None:
        """Return the reason to refuse it; None to answer it."""
        if self.path.startswith(_INTERNAL) and not self.path.startswith(_OPEN_INTERNAL):
            return f"{self.path} is closed on this platform."
        if self._host not in _HERE and not self.is_for_load_balancer:
            return f"The embedded AWS answers to {', '.join(sorted(_HERE))}, not to {self._host!r}."
        if self.is_open_to_other_sites or self.origin in origins:
            return None
        if self.origin is not None:
            return f"Pages of {self.origin} may not call the embedded AWS."
        if self.headers.get("sec-fetch-site", "none") not in {"none", "same-origin"}:
            return "Pages of other sites may not call the embedded AWS."
        return None


def _without_cors(send: Send) -> Send:
    """Take from each answer the headers that let the page of another site read it."""

    async def send_without(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            kept = [each for each in message.get("headers", []) if not each[0].lower().startswith(b"access-control-")]
            message = {**message, "headers": kept}
        await send(message)

    return send_without


async def _send(send: Send, status: int, headers: Mapping[str, str], body: bytes) -> None:
    # The connection ends, because the body of a refused request was not read.
    fields = {**headers, "content-length": str(len(body)), "connection": "close"}
    encoded = [(name.lower().encode(), str(value).encode("latin-1")) for name, value in fields.items()]
    await send({"type": "http.response.start", "status": status, "headers": encoded})
    await send({"type": "http.response.body", "body": body})


def _error(message: str) -> bytes:
    return json.dumps({"__type": "AccessDeniedException", "message": message}).encode()
