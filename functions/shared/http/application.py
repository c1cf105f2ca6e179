"""The HTTP function of every service: a FastAPI app that answers problem details, and the Lambda handler around it."""

import os
import sys
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import nullcontext
from http import HTTPStatus
from typing import Any, Literal

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from mangum import Mangum
from pydantic import BaseModel
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from functions.shared.auth.access import SAFE_METHODS, refuse_open_routes
from functions.shared.auth.access_tokens import access_tokens
from functions.shared.auth.blocked_people import blocked_people
from functions.shared.auth.pyjwt import pyjwt
from functions.shared.aws.clients import client
from functions.shared.aws.snapshot import prepare_snapshot
from functions.shared.aws.tls import tls_context
from functions.shared.correlation import correlate
from functions.shared.http import fast_start
from functions.shared.http.documentation import documentation_paths, serve_documentation
from functions.shared.http.head_requests import HeadAsGet
from functions.shared.http.load_balancer import LoadBalancerEvent
from functions.shared.http.preconditions import tag_as_encoded
from functions.shared.interface.names import DURATION, SERVER_ERRORS
from functions.shared.invocation import invocation
from functions.shared.methods import known_method
from functions.shared.observability import (
    MetricUnit,
    drop_metrics,
    flush_metrics,
    log_as,
    log_unexpected,
    logger,
    metrics,
)
from functions.shared.problems import answer_with_problems
from functions.shared.rehearsal import rehearsal_in, rehearsing

# Most requests: a context that does nothing takes no time.
_ORDINARY = nullcontext()

type LambdaHandler = Callable[[dict[str, Any], Any], dict[str, Any]]


class Health(BaseModel):
    """The health of a service."""

    status: Literal["ok"] = "ok"
    service: str


def create_app(service: str, *, title: str, description: str, router: APIRouter) -> FastAPI:
    """Make the app of a service, with routes, health, OpenAPI document and documentation page under `/<service>`."""
    prefix = f"/{service}"
    app = FastAPI(
        title=title,
        description=description,
        version=os.environ.get("AWS_LAMBDA_FUNCTION_VERSION", "local"),
        openapi_url=f"{prefix}/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        # `_record` writes logs and metrics. FastAPI's own telemetry would record personal data.
        telemetry={"tracing": False, "metrics": False, "logs": False},
        generate_unique_id_function=_operation_id,
    )
    answer_with_problems(app)
    _describe(app, service)

    @app.get(f"{prefix}/health", tags=[service], name=f"{service}_health")
    async def health() -> Health:
        """Check that the service answers."""
        return Health(service=service)

    serve_documentation(app, prefix=prefix)
    app.include_router(router)
    # All other paths need a token.
    app.state.open_paths = {f"{prefix}/health", app.openapi_url, *documentation_paths(prefix)}
    return app


def lambda_handler(app: FastAPI, *, prepare: Callable[[], object] = lambda: None) -> LambdaHandler:
    """Wrap an app into a Lambda handler that correlates, logs and measures each request.

    Args:
        app: The app of a service.
        prepare: Makes the objects that the service otherwise makes when first needed. It runs before Lambda takes a
            snapshot of the process.

    Raises:
        TypeError: A route has no access rule and is not one of the open paths.
    """
    refuse_open_routes(app, except_for=getattr(app.state, "open_paths", ()))
    handler = Mangum(_Observed(HeadAsGet(app)), lifespan="off", custom_handlers=[LoadBalancerEvent])
    prepare_snapshot(lambda: _prepare(prepare))
    fast_start.finish()
    return handler


def _prepare(prepare: Callable[[], object]) -> None:
    """Make the objects that the requests of every service need, then those of this service."""
    import anyio._backends._asyncio  # noqa: F401, PLC0415 - the first answer imports it

    pyjwt()
    tls_context()
    access_tokens()
    blocked_people()
    client("dynamodb")
    metrics()
    prepare()
    if "pynamodb" in sys.modules:
        from functions.shared.aws.dynamodb import connect_models  # noqa: PLC0415 - some services have no table

        connect_models()


class _Observed:
    """The outermost middleware: sets the request id and the invocation, and logs and measures each answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started_at = time.perf_counter()
        headers = dict(scope["headers"])
        correlation = correlate(
            request_id=headers.get(b"x-request-id", b"").decode("latin-1"),
            traceparent=headers.get(b"traceparent", b"").decode("latin-1"),
        )
        log_as(correlation)
        status = 500
        rehearsal = rehearsal_in(scope.get("aws.event", {}))

        async def observed_send(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"].append((b"x-request-id", correlation.request_id.encode()))
                names = {name.lower() for name, _ in message["headers"]}
                message["headers"] += _cache_control(scope["method"], names)
                if b"etag" in names and not headers.keys().isdisjoint((b"accept-encoding", b"if-none-match")):
                    _name_encoding(message["headers"], asked=headers)
            await send(message)

        try:
            with invocation(scope.get("aws.context")), rehearsing(rehearsal) if rehearsal else _ORDINARY:
                await self._app(scope, receive, observed_send)
        except Exception as error:  # noqa: BLE001 - the last line of defence: FastAPI has answered 500, the error is logged here
            log_unexpected("unexpected error", error)
        duration_ms = (time.perf_counter() - started_at) * 1000
        if rehearsal:
            _log(scope, status, duration_ms=duration_ms, rehearsed=True)
            drop_metrics()
        else:
            _record(scope, status, duration_ms=duration_ms)


def _cache_control(method: str, headers: Collection[bytes]) -> Collection[tuple[bytes, bytes]]:
    """Return the header that keeps an answer out of caches, unless the route has set one.

    Nearly every answer is personal, or holds a signed link. A client may keep one that has a tag, and must ask each
    time whether it is still valid: https://www.rfc-editor.org/rfc/rfc9111#section-5.2.2
    """
    if b"cache-control" in headers:
        return ()
    is_revalidated = method in SAFE_METHODS and b"etag" in headers
    return ((b"cache-control", b"private, no-cache" if is_revalidated else b"no-store"),)


def _name_encoding(answered: list[tuple[bytes, bytes]], *, asked: Mapping[bytes, bytes]) -> None:
    """Give an answer the entity tag that fits its encoding behind the gateway."""
    sizes = [int(value) for name, value in answered if name.lower() == b"content-length"]
    for place, (name, value) in enumerate(answered):
        if name.lower() == b"etag":
            tag = tag_as_encoded(
                value,
                size_bytes=sum(sizes),
                accept_encoding=asked.get(b"accept-encoding", b"").lower(),
                if_none_match=asked.get(b"if-none-match", b""),
            )
            answered[place] = (name, tag)


def _log(scope: Scope, status: int, *, duration_ms: float, rehearsed: bool = False) -> None:
    route = scope.get("route")
    logger.info(
        "request",
        method=known_method(scope["method"]),
        # The route's template, since a path may contain personal data.
        route=getattr(route, "path", "unknown"),
        status=status,
        duration_ms=round(duration_ms, 2),
        **({"rehearsed": True} if rehearsed else {}),  # type: ignore[arg-type] # any key is a field of the line
    )


def _record(scope: Scope, status: int, *, duration_ms: float) -> None:
    _log(scope, status, duration_ms=duration_ms)
    measured = metrics()
    # The sample count of this metric is the number of requests.
    measured.add_metric(name=DURATION, unit=MetricUnit.Milliseconds, value=duration_ms)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        measured.add_metric(name=SERVER_ERRORS, unit=MetricUnit.Count, value=1)
    flush_metrics()


def _describe(app: FastAPI, service: str) -> None:
    describe = app.openapi

    def openapi() -> dict[str, Any]:
        from functions.shared.http.openapi import complete  # noqa: PLC0415 - only for requests of the document

        return complete(describe(), service=service)

    app.openapi = openapi  # type: ignore[method-assign] # FastAPI's own way to extend the document


def _operation_id(route: APIRoute) -> str:
    return route.name
