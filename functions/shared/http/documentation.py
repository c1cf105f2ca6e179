"""The documentation page of a service: Swagger UI from the bundle, so that the page works without the Internet.

The files in `swagger_ui/` come from the npm package `swagger-ui-dist` in the version that package-lock.json pins,
compressed with `gzip -9 -n`; a test compares them.
"""

import json
from collections.abc import Awaitable, Callable
from pathlib import Path

from fastapi import FastAPI
from starlette.responses import HTMLResponse, Response

from functions.shared.auth.security_schemes import PERSON_SCOPES
from functions.shared.auth.user_pool import sign_in_url
from functions.shared.aws.settings import setting
from functions.shared.interface import docs_page
from functions.shared.interface.names import DOCS_REDIRECT_PAGE

_ASSETS = Path(__file__).parent / "swagger_ui"
_MEDIA_TYPES = {
    "swagger-ui-bundle.js": "application/javascript",
    "swagger-ui.css": "text/css",
    "oauth2-redirect.js": "application/javascript",
}
# Swagger UI's own header must be removed: with it, browsers would send a preflight request to the user pool, which is
# another origin on AWS, and the pool would not allow the header.
_START = """const ui = SwaggerUIBundle({{
  url: "openapi.json",
  dom_id: "#docs",
  deepLinking: true,
  tryItOutEnabled: true,
  oauth2RedirectUrl: new URL("{redirect}", location.href).href,
  requestInterceptor: (request) => {{
    delete request.headers["X-Requested-With"];
    return request;
  }},
}});
ui.initOAuth({{ clientId: {client}, scopes: {scopes}, usePkceWithAuthorizationCodeGrant: true }});
"""
# The user pool redirects people to this page; its script passes the authorisation code to the page that opened it.
_BACK = """<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>Signed in</title></head>
<body><script src="oauth2-redirect.js"></script></body>
</html>
"""
# With a stricter opener policy than the user pool's page has, this page would lose the page that opened it.
_BACK_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'",
    "Cross-Origin-Opener-Policy": "unsafe-none",
}


def documentation_paths(prefix: str) -> set[str]:
    """Return the paths that `serve_documentation` serves."""
    pages = ("start.js", "oauth2-redirect.html", *_MEDIA_TYPES)
    return {f"{prefix}/docs", *(f"{prefix}/docs/{name}" for name in pages)}


def serve_documentation(app: FastAPI, *, prefix: str) -> None:
    """Serve the page at `<prefix>/docs` and its files below; its requests have the token of the person who signs in."""

    @app.get(f"{prefix}/docs", include_in_schema=False)
    async def docs() -> HTMLResponse:
        policy = f"{docs_page.POLICY} {sign_in_url()}"
        headers = {"Content-Security-Policy": policy, "Cross-Origin-Opener-Policy": "same-origin-allow-popups"}
        page = docs_page.PAGE.format(title=app.title, assets="docs", script="docs/start.js")
        return HTMLResponse(page, headers=headers)

    @app.get(f"{prefix}/docs/start.js", include_in_schema=False)
    async def start() -> Response:
        client, scopes = json.dumps(setting("DOCS_CLIENT_ID")), json.dumps(" ".join(PERSON_SCOPES))
        return Response(
            _START.format(client=client, scopes=scopes, redirect=DOCS_REDIRECT_PAGE),
            media_type="application/javascript",
        )

    @app.get(f"{prefix}/{DOCS_REDIRECT_PAGE}", include_in_schema=False)
    async def back() -> HTMLResponse:
        return HTMLResponse(_BACK, headers=_BACK_HEADERS)

    for name, media_type in _MEDIA_TYPES.items():
        app.add_api_route(f"{prefix}/docs/{name}", _asset(name, media_type), include_in_schema=False)


def _asset(name: str, media_type: str) -> Callable[[], Awaitable[Response]]:
    async def asset() -> Response:
        return Response(
            (_ASSETS / f"{name}.gz").read_bytes(),
            media_type=media_type,
            headers={"Content-Encoding": "gzip", "Cache-Control": "public, max-age=86400"},
        )

    return asset
