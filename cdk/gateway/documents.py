"""The documents that the gateway itself answers: the first page, the OpenAPI document of the whole platform, its page.

`make openapi` writes the document. Swagger UI comes from the first service, which serves it for its own page. The first
page has the console's look: without the console, it is plain.
"""

import html
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cdk.settings.environment import Environment
from cdk.settings.manifest import Manifest
from cdk.settings.manifests import PROJECT
from functions.shared.interface import docs_page
from functions.shared.interface.names import CONSOLE_PATH

DOCUMENTS = "documents"
OPENAPI_FILE = PROJECT / "docs" / "openapi.json"
OPENAPI, PAGE, SCRIPT = "/openapi.json", "/docs", "/docs/start.js"
PATHS = ("/", OPENAPI, PAGE, SCRIPT)

_SCRIPT = f"""SwaggerUIBundle({{
  url: "{OPENAPI}",
  dom_id: "#docs",
  deepLinking: true,
  tryItOutEnabled: true,
  docExpansion: "none",
}});
"""

# The console serves its present stylesheet under any version.
_STYLESHEET = f"{CONSOLE_PATH}/assets/newest/console.css"
_FIRST_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Platform</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="{stylesheet}">
</head>
<body>
<main class="message">
<h1>Platform {environment}</h1>
{console}
<h2>Services</h2>
<ul class="links">
{services}
</ul>
<p><a href="{docs}">All operations on one page</a>, from one <a href="{openapi}">OpenAPI document</a></p>
</main>
</body>
</html>
"""
_CONSOLE = (
    f"""<p class="lead"><a href="{CONSOLE_PATH}">Open the console</a>: services, incidents, alarms, dead letters,"""
    " deployments and KPIs.</p>"
)
_FIRST_PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def documents(environment: Environment, served: Sequence[Manifest], *, file: Path = OPENAPI_FILE) -> dict[str, Any]:
    """Return the middleware that answers `PATHS`, in the form of the plugin `documents`."""
    document = json.loads(file.read_text("utf-8"))
    # Absolute, so that a client that was generated from a copy calls this environment.
    document["servers"] = [{"url": environment.url}]
    openapi = json.dumps(document, separators=(",", ":"), ensure_ascii=False)
    answers = {
        "/": _answer("text/html; charset=utf-8", _first_page(environment, served), _FIRST_PAGE_POLICY),
        # Traefik takes the file for a Go template, which `{{` would start: https://doc.traefik.io/traefik/providers/file/#go-templating
        OPENAPI: _answer("application/json", openapi.replace("{{", "{\\u007b")),
        SCRIPT: _answer("application/javascript", _SCRIPT),
    }
    if served and served[0].http:
        assets = f"{served[0].http.path}/docs"
        page = docs_page.PAGE.format(title="Platform", assets=assets, script=SCRIPT)
        answers[PAGE] = _answer("text/html; charset=utf-8", page, docs_page.POLICY)
    return {DOCUMENTS: {"plugin": {DOCUMENTS: {"documents": answers}}}}


def _first_page(environment: Environment, served: Sequence[Manifest]) -> str:
    listed = [
        f'<li><a href="{manifest.http.path}/docs">{manifest.service}</a> {html.escape(manifest.description)}</li>'
        for manifest in served
        if manifest.http and manifest.http.path != CONSOLE_PATH
    ]
    return _FIRST_PAGE.format(
        stylesheet=_STYLESHEET,
        environment=environment.name,
        console=_CONSOLE if len(listed) < len(served) else "",
        services="\n".join(listed),
        docs=PAGE,
        openapi=OPENAPI,
    )


def _answer(media_type: str, body: str, policy: str | None = None) -> dict[str, Any]:
    # A change must show at once, so a browser asks each time.
    headers = {"Content-Type": media_type, "Cache-Control": "no-cache"}
    if policy:
        headers["Content-Security-Policy"] = policy
    return {"status": 200, "headers": headers, "body": body}
