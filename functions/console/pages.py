"""Pages: templates, entity tags, the policy that browsers enforce, and errors in the look of every page."""

import hashlib
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI, Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import HTMLResponse, RedirectResponse, Response

from functions.console import sparkline
from functions.console.platform import platform
from functions.shared.auth.callers import Caller
from functions.shared.auth.user_pool import sign_in_url
from functions.shared.http.preconditions import entity_tag, is_unchanged
from functions.shared.interface.dead_letters import REDRIVEN_PER_S
from functions.shared.interface.names import ADMIN, CONSOLE_PATH

FOLDER = Path(__file__).parent
ASSETS = FOLDER / "assets"
SIGN_IN_PATH = f"{CONSOLE_PATH}/sign-in"
# `/console/assets/<version>/<file>`: the version is a part of the path, so that modules import others of their own.
MEDIA_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
NAVIGATION = (
    ("", "Now"),
    ("/incidents", "Incidents"),
    ("/alarms", "Alarms"),
    ("/dead-letters", "Dead letters"),
    ("/deployments", "Deployments"),
    ("/kpis", "KPIs"),
)
# Seconds between two requests of an open page.
POLLED_S = 10

type Handler = Callable[[Request, Exception], Awaitable[Response]]


@cache
def assets_version() -> str:
    """Return the digest of all assets."""
    digest = hashlib.sha256()
    for file in sorted(ASSETS.iterdir()):
        digest.update(file.name.encode() + file.read_bytes())
    return digest.hexdigest()[:16]


@cache
def templates() -> Environment:
    """Return the templates, which escape every value."""
    made = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"moment": moment, "percent": percent, "duration": duration, "count": lambda value: f"{value:,}"}
    made.globals |= {
        "console": CONSOLE_PATH,
        "assets": f"{CONSOLE_PATH}/assets/{assets_version()}",
        "navigation": NAVIGATION,
        "polled_s": POLLED_S,
        "redriven_per_s": REDRIVEN_PER_S,
        "traffic_chart": sparkline.traffic_chart,
        "threshold_chart": sparkline.threshold_chart,
    }
    return made


def page(request: Request, template: str, *, title: str, status: int = 200, **values: Any) -> Response:  # noqa: ANN401 - what the template shows
    """Return a page, or 304 if the browser has it."""
    caller: Caller | None = getattr(request.state, "caller", None)
    shown = {
        **values,
        "title": title,
        "platform": platform(),
        "path": request.url.path,
        "role": _role(caller),
    }
    main = templates().get_template(template).render(shown)
    version = int(hashlib.sha256(f"{assets_version()}{title}{shown['role']}{main}".encode()).hexdigest()[:15], 16)
    headers = {"Content-Security-Policy": _policy(), "Vary": "Cookie"}
    if status == HTTPStatus.OK:
        headers["ETag"] = entity_tag(version)
        if is_unchanged(request.headers.get("if-none-match"), version=version):
            return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    escaped = Markup(main)  # noqa: S704 - by the template
    whole = templates().get_template("layout.html").render(shown, main=escaped, version=version)
    return HTMLResponse(whole, status_code=status, headers=headers)


def answer_with_pages(app: FastAPI) -> None:
    """Show the errors of an app as pages to browsers; a page without a session leads to the sign-in."""
    for error, handler in list(app.exception_handlers.items()):
        app.add_exception_handler(error, _as_page(handler))  # type: ignore[arg-type] # those of `answer_with_problems`


def _as_page(handler: Handler) -> Handler:
    async def answer(request: Request, error: Exception) -> Response:
        problem = await handler(request, error)
        if "text/html" not in request.headers.get("accept", ""):
            return problem
        status = problem.status_code
        if status == HTTPStatus.UNAUTHORIZED and request.headers.get("sec-fetch-dest", "document") == "document":
            query = f"?{request.url.query}" if request.url.query else ""
            to = f"{request.url.path}{query}" if request.method in {"GET", "HEAD"} else CONSOLE_PATH
            return RedirectResponse(f"{SIGN_IN_PATH}?to={quote(to)}", status_code=HTTPStatus.SEE_OTHER)
        told = json.loads(bytes(problem.body))
        return page(
            request,
            "message.html",
            title=told["title"],
            status=status,
            detail=told["detail"],
            request_id=told["request_id"],
            for_admins=status == HTTPStatus.FORBIDDEN,
        )

    return answer


@cache
def _policy() -> str:
    """Return the content security policy.

    The form of the sign-out ends in a redirect to the user pool, which browsers hold against `form-action`.
    """
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self'",
            "connect-src 'self'",
            f"form-action 'self' {sign_in_url()}",
            "base-uri 'none'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        )
    )


def _role(caller: Caller | None) -> str:
    if caller is None or caller.is_machine:
        return ""
    return "administrator" if ADMIN in caller.groups else "member" if caller.groups else "no group"


def moment(at: datetime | str) -> Markup:
    """Return a time, which a script then shows as its age."""
    at = (datetime.fromisoformat(at) if isinstance(at, str) else at).astimezone(UTC)
    return Markup('<time datetime="{}">{}</time>').format(at.isoformat(timespec="seconds"), f"{at:%d %b %H:%M} UTC")


def percent(share: float, digits: int = 1) -> str:
    """Return a share as a percentage."""
    return f"{100 * share:.{digits}f} %"


def duration(seconds: float) -> str:
    """Return some seconds in the largest unit that fits."""
    for unit, length in (("d", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{round(seconds / length, 1):g} {unit}"
    return f"{seconds:.0f} s"
