"""The documentation page of a service: Swagger UI out of the bundle itself, so that it works without the Internet.

The two files in `swagger_ui/` are those of the npm package `swagger-ui-dist` that package-lock.json pins, compressed
with `gzip -9 -n`; a test compares them.
"""

from collections.abc import Awaitable, Callable
from pathlib import Path

from fastapi import FastAPI
from starlette.responses import HTMLResponse, Response

_ASSETS = Path(__file__).parent / "swagger_ui"
_MEDIA_TYPES = {"swagger-ui-bundle.js": "application/javascript", "swagger-ui.css": "text/css"}
_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="docs/swagger-ui.css">
</head>
<body>
<div id="docs"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
</body>
</html>
"""
_START = """SwaggerUIBundle({ url: "openapi.json", dom_id: "#docs", deepLinking: true, tryItOutEnabled: true });
"""
# Swagger UI styles its elements inline and draws its icons from data: addresses; scripts come from here alone.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'"
)


def serve_documentation(app: FastAPI, *, prefix: str) -> None:
    """Serve the page at `<prefix>/docs` and what it needs below it."""

    @app.get(f"{prefix}/docs", include_in_schema=False)
    async def docs() -> HTMLResponse:
        return HTMLResponse(_PAGE.format(title=app.title), headers={"Content-Security-Policy": _POLICY})

    @app.get(f"{prefix}/docs/start.js", include_in_schema=False)
    async def start() -> Response:
        return Response(_START, media_type="application/javascript")

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
