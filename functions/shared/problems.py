"""Problem details (RFC 9457): the only module that turns an error into an answer."""

from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.routing import Match

from functions.shared.correlation import current
from functions.shared.errors import (
    ApiError,
    BadRequest,
    FieldError,
    InvalidRequest,
    MalformedJson,
    MethodNotAllowed,
    NotFound,
)
from functions.shared.methods import OTHER, known_method
from functions.shared.observability import log_unexpected
from functions.shared.validation_texts import text_of

MEDIA_TYPE = "application/problem+json"
# A body of 1 MB can have a hundred thousand bad fields, with very long names; an answer can have at most 1 MB:
# https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html
FIELDS_SHOWN = 50
FIELD_CHARACTERS_SHOWN = 200
_WITH_A_TIME_TO_WAIT = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)


class BadField(BaseModel):
    """An invalid field of a request."""

    field: str = Field(description="The path of the field.", examples=["body.email", "query.limit"])
    detail: str = Field(description="The reason.")


class Problem(BaseModel):
    """The details of a problem (RFC 9457)."""

    type: str = Field(description="The kind of problem; stable.", examples=["urn:problem-type:not-found"])
    title: str
    status: int
    detail: str
    request_id: str = Field(description="Give this id when you ask for help.")
    errors: list[BadField] | None = Field(default=None, description="The first 50 invalid fields.")


class ProblemResponse(JSONResponse):
    """An answer of problem details."""

    media_type = MEDIA_TYPE


def problem_response(error: ApiError) -> ProblemResponse:
    """Return the answer for an error."""
    body: dict[str, Any] = {
        "type": f"urn:problem-type:{error.slug}",
        "title": error.title,
        "status": error.status,
        "detail": error.detail,
        "request_id": current().request_id,
    }
    if error.fields:
        body["errors"] = list(error.fields)
    return ProblemResponse(body, status_code=error.status, headers=error.headers)


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI `responses` of a route that can answer these problems."""
    return {status: _documented(status) for status in statuses}


def _documented(status: int) -> dict[str, Any]:
    described: dict[str, Any] = {
        "description": HTTPStatus(status).phrase,
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    if status in _WITH_A_TIME_TO_WAIT:
        wait = {"description": "The seconds to wait before the next request.", "schema": {"type": "integer"}}
        described["headers"] = {"Retry-After": wait}
    return described


def answer_with_problems(app: FastAPI) -> None:
    """Make an app answer all errors, including those of FastAPI, with problem details."""
    app.add_exception_handler(ApiError, _api_error)
    app.add_exception_handler(RequestValidationError, _validation_error)
    app.add_exception_handler(HTTPException, _http_exception)
    app.add_exception_handler(Exception, _unexpected)


async def _api_error(_: Request, error: Exception) -> ProblemResponse:
    assert isinstance(error, ApiError)  # noqa: S101 - Starlette calls this handler only with an ApiError
    if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        log_unexpected(error.slug, error.__cause__ or error)
    return problem_response(error)


async def _validation_error(_: Request, error: Exception) -> ProblemResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - see above
    problems = error.errors()
    if any(problem["type"] == "json_invalid" for problem in problems):
        at = next(problem["loc"][-1] for problem in problems if problem["type"] == "json_invalid")
        return problem_response(MalformedJson(f"The body is not well-formed JSON at character {at}."))
    fields = [FieldError(field=_path(problem["loc"]), detail=text_of(problem)) for problem in problems[:FIELDS_SHOWN]]
    names = ", ".join(dict.fromkeys(field["field"] for field in fields))
    more = f" and {len(problems) - FIELDS_SHOWN} more" if len(problems) > FIELDS_SHOWN else ""
    return problem_response(InvalidRequest(f"These fields are invalid: {names}{more}.", fields=fields))


async def _http_exception(request: Request, error: Exception) -> ProblemResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 - see above
    headers = error.headers or {}
    match error.status_code:
        case 404:
            return problem_response(NotFound("No route of this service has this path."))
        case 405:
            allowed = ", ".join(_methods_of(request))
            method = known_method(request.method)
            detail = f"{'This method' if method == OTHER else method} is not allowed here. Allowed: {allowed}."
            return problem_response(MethodNotAllowed(detail, headers={"Allow": allowed}))
        case _:
            # FastAPI itself also raises 400 if the body cannot be decoded with its charset.
            return problem_response(BadRequest("The request could not be read.", headers=headers))


async def _unexpected(_: Request, __: Exception) -> ProblemResponse:
    return problem_response(ApiError("Something unexpected happened. It has been logged under the request id."))


def _methods_of(request: Request) -> list[str]:
    """Return all methods of a path; Starlette's own `Allow` has only those of the first matching route."""
    routes = request.app.router.routes
    methods = [
        method
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE")
        if any(route.matches({**request.scope, "method": method})[0] is Match.FULL for route in routes)
    ]
    # See `head_requests.py`.
    return ["GET", "HEAD", *methods[1:]] if methods[:1] == ["GET"] else methods


def _path(location: tuple[str | int, ...]) -> str:
    return ".".join(str(part) for part in location)[:FIELD_CHARACTERS_SHOWN]
