"""The session of a person: the access token in a cookie, which the routes read as if it were in the header.

So tokens are verified, and people are blocked and admitted, by the same code as in every other service.
"""

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from functions.shared.auth.access import SAFE_METHODS

# Browsers take a cookie with this prefix only over TLS, for this host and for all of its paths, so that no other host
# of the domain can set it: https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Set-Cookie#cookie_prefixes
SESSION, SIGN_IN = "__Host-console", "__Host-console-sign-in"


class SessionCookie:
    """Lets the session cookie stand for the header `Authorization`, unless a request has that header.

    A request that may change something needs the proof of the browser that it comes from a page of this origin.
    `SameSite=Lax` keeps the cookie from forms of other sites already; a page on another port of this host is no other
    site.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        if scope["type"] == "http":
            headers = Headers(scope=scope)
            token = cookie_in(headers, SESSION)
            if (
                token
                and "authorization" not in headers
                and (scope["method"] in SAFE_METHODS or is_same_origin(headers))
            ):
                scope["headers"] = [*scope["headers"], (b"authorization", f"Bearer {token}".encode("latin-1"))]
        await self._app(scope, receive, send)


def is_same_origin(headers: Headers) -> bool:
    """Return True if the browser says that a page of this origin has sent the request; no page can write the header."""
    return headers.get("sec-fetch-site") == "same-origin"


def cookie_in(headers: Headers, name: str) -> str:
    """Return the value of a cookie; empty without one.

    The name must be exact, because its prefix says that this host has set the cookie. Starlette's own parser strips
    more than blanks from a name, so a cookie of another host of the domain could become ours.
    """
    pairs = (each.strip(" \t").partition("=") for each in headers.get("cookie", "").split(";"))
    return next((value for found, _, value in pairs if found == name), "")


def set_cookie(response: Response, name: str, value: str, *, kept_s: int) -> None:
    """Set a cookie that scripts cannot read; it comes along when a link or the user pool leads to the console."""
    response.set_cookie(name, value, max_age=kept_s, path="/", secure=True, httponly=True, samesite="lax")


def drop_cookie(response: Response, name: str) -> None:
    """Remove a cookie."""
    response.delete_cookie(name, path="/", secure=True, httponly=True, samesite="lax")
