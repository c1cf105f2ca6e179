"""What every HTTP function is: a FastAPI app that answers problems, and the Lambda handler around it."""

import os
import sys
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Literal

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from mangum import Mangum
from pydantic import BaseModel
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from functions.shared.auth.access import refuse_open_routes
from functions.shared.auth.access_tokens import access_tokens
from functions.shared.auth.security_schemes import describe_security
from functions.shared.aws.snapshot import prepare_snapshot
from functions.shared.correlation import correlate
from functions.shared.http import fast_start
from functions.shared.http.documentation import documentation_paths, serve_documentation
from functions.shared.http.head_requests import HeadAsGet
from functions.shared.http.load_balancer import LoadBalancerEvent
from functions.shared.invocation import invocation
from functions.shared.observability import MetricUnit, flush_metrics, log_as, log_unexpected, logger, metrics
from functions.shared.problems import Problem, answer_with_problems

type LambdaHandler = Callable[[dict[str, Any], Any], dict[str, Any]]


class Health(BaseModel):
    """The service answers."""

    status: Literal["ok"] = "ok"
    service: str


def create_app(service: str, *, title: str, description: str, router: APIRouter) -> FastAPI:
    """Make the app of a service: its routes, its health, its OpenAPI document and its docs, all under `/<service>`."""
    prefix = f"/{service}"
    app = FastAPI(
        title=title,
        description=description,
        version=os.environ.get("AWS_LAMBDA_FUNCTION_VERSION", "local"),
        openapi_url=f"{prefix}/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        # Logs and metrics are ours, below; FastAPI's own would record what people wrote.
        telemetry={"tracing": False, "metrics": False, "logs": False},
        generate_unique_id_function=_operation_id,
        # Every problem refers to this schema by name.
        responses={500: {"model": Problem, "description": "Internal Server Error"}},
    )
    answer_with_problems(app)
    describe_security(app, service=service)

    @app.get(f"{prefix}/health", tags=["operations"])
    async def health() -> Health:
        """Tell that the service answers."""
        return Health(service=service)

    serve_documentation(app, prefix=prefix)
    app.include_router(router)
    # These need no token; whatever else is on the app does.
    app.state.open_paths = {f"{prefix}/health", app.openapi_url, *documentation_paths(prefix)}
    return app


def lambda_handler(app: FastAPI, *, prepare: Callable[[], object] = lambda: None) -> LambdaHandler:
    """Wrap an app into a Lambda handler that correlates, logs and measures each request.

    Args:
        app: The service.
        prepare: Makes what the service else makes when first needed; run before a snapshot is taken of the process.

    Raises:
        TypeError: The app has a route that needs no token, beside its health, its docs and its OpenAPI document.
    """
    refuse_open_routes(app, except_for=getattr(app.state, "open_paths", ()))
    handler = Mangum(_Observed(HeadAsGet(app)), lifespan="off", custom_handlers=[LoadBalancerEvent])
    prepare_snapshot(lambda: _prepare(prepare))
    fast_start.finish()
    return handler


def _prepare(prepare: Callable[[], object]) -> None:
    """Make what each service needs for a request, then what this one does."""
    import jwt.algorithms  # noqa: F401, PLC0415 - see SigningKeys

    access_tokens()
    metrics()
    prepare()
    if "pynamodb" in sys.modules:
        from functions.shared.aws.dynamodb import connect_models  # noqa: PLC0415 - not every service has a table

        connect_models()


class _Observed:
    """Outermost: takes over the request's identity, answers with it, and logs and measures what came out."""

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

        async def observed_send(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"].append((b"x-request-id", correlation.request_id.encode()))
            await send(message)

        try:
            with invocation(scope.get("aws.context")):
                await self._app(scope, receive, observed_send)
        except Exception as error:  # noqa: BLE001 - the last line of defence: answered with 500 already, logged here
            log_unexpected("unexpected error", error)
        _record(scope, status, duration_ms=(time.perf_counter() - started_at) * 1000)


def _record(scope: Scope, status: int, *, duration_ms: float) -> None:
    route = scope.get("route")
    logger.info(
        "request",
        method=scope["method"],
        # The route's template: a path itself may hold what a person wrote.
        route=getattr(route, "path", "unknown"),
        status=status,
        duration_ms=round(duration_ms, 2),
    )
    measured = metrics()
    # Its sample count is the number of requests.
    measured.add_metric(name="Duration", unit=MetricUnit.Milliseconds, value=duration_ms)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        measured.add_metric(name="ServerErrors", unit=MetricUnit.Count, value=1)
    flush_metrics()


def _operation_id(route: APIRoute) -> str:
    return route.name
