"""The documents that the gateway itself answers: the OpenAPI document of the whole platform, and its page.

`make openapi` writes the document. Swagger UI comes from the first service, which serves it for its own page.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cdk.settings.environment import Environment
from cdk.settings.manifest import Manifest
from cdk.settings.manifests import PROJECT
from functions.shared.interface import docs_page

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


def documents(environment: Environment, served: Sequence[Manifest], *, file: Path = OPENAPI_FILE) -> dict[str, Any]:
    """Return the middleware that answers `PATHS`, in the form of the plugin `documents`."""
    document = json.loads(file.read_text("utf-8"))
    # Absolute, so that a client that was generated from a copy calls this environment.
    document["servers"] = [{"url": environment.url}]
    openapi = json.dumps(document, separators=(",", ":"), ensure_ascii=False)
    answers = {
        "/": {"status": 302, "headers": {"Location": PAGE}},
        # Traefik takes the file for a Go template, which `{{` would start: https://doc.traefik.io/traefik/providers/file/#go-templating
        OPENAPI: _answer("application/json", openapi.replace("{{", "{\\u007b")),
        SCRIPT: _answer("application/javascript", _SCRIPT),
    }
    if served and served[0].http:
        assets = f"{served[0].http.path}/docs"
        page = docs_page.PAGE.format(title="Platform", assets=assets, script=SCRIPT)
        answers[PAGE] = _answer("text/html; charset=utf-8", page, {"Content-Security-Policy": docs_page.POLICY})
    return {DOCUMENTS: {"plugin": {DOCUMENTS: {"documents": answers}}}}


def _answer(media_type: str, body: str, more: dict[str, str] | None = None) -> dict[str, Any]:
    # A change must show at once, so a browser asks each time.
    headers = {"Content-Type": media_type, "Cache-Control": "no-cache", **(more or {})}
    return {"status": 200, "headers": headers, "body": body}
