"""The errors that an API answers, each with its status and its stable type.

    ApiError                        500 internal-error
    ├── BadRequest                  400 bad-request
    │   ├── MalformedJson           400 malformed-json
    │   ├── InvalidHeader           400 invalid-header
    │   └── InvalidCursor           400 invalid-cursor
    ├── Unauthenticated             401 unauthenticated
    │   └── InvalidToken            401 invalid-token
    ├── Forbidden                   403 forbidden
    ├── NotFound                    404 not-found
    ├── MethodNotAllowed            405 method-not-allowed
    ├── Conflict                    409 conflict
    │   └── RequestInProgress       409 request-in-progress
    ├── PreconditionFailed          412 precondition-failed
    │   └── StaleVersion            412 stale-version
    ├── UnsupportedMediaType        415 unsupported-media-type
    ├── InvalidRequest              422 invalid-request
    │   └── IdempotencyKeyReused    422 idempotency-key-reused
    ├── PreconditionRequired        428 precondition-required
    └── Unavailable                 503 unavailable

A service subclasses the nearest error (`EmailTaken(Conflict)`) with a slug of its own.
The `type` of an answer is `urn:problem-type:<slug>`. Clients may depend on it, so a slug never changes.
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar, TypedDict


class FieldError(TypedDict):
    """An invalid field: its path (`body.email`, `query.limit`) and the reason."""

    field: str
    detail: str


class ApiError(Exception):
    """An error with a `detail` that is safe to show to the caller."""

    status: ClassVar[int] = 500
    slug: ClassVar[str] = "internal-error"
    title: ClassVar[str] = "The request could not be served"

    def __init__(
        self, detail: str, *, fields: Sequence[FieldError] = (), headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.fields = fields
        self.headers = dict(headers or {})


class BadRequest(ApiError):
    status = 400
    slug = "bad-request"
    title = "The request is malformed"


class MalformedJson(BadRequest):
    slug = "malformed-json"
    title = "The body is not JSON"


class InvalidHeader(BadRequest):
    slug = "invalid-header"
    title = "A header is malformed"


class InvalidCursor(BadRequest):
    slug = "invalid-cursor"
    title = "The cursor does not belong to this query"


class Unauthenticated(ApiError):
    """The request has no token. The challenge follows RFC 6750: https://www.rfc-editor.org/rfc/rfc6750#section-3."""

    status = 401
    slug = "unauthenticated"
    title = "An access token is required"

    def __init__(
        self, detail: str = "Send an access token: Authorization: Bearer <token>.", challenge: str = ""
    ) -> None:
        super().__init__(detail, headers={"WWW-Authenticate": f'Bearer realm="platform"{challenge}'})


class InvalidToken(Unauthenticated):
    """The token of the request is not valid; `reason` is a sentence in ASCII without quotes."""

    slug = "invalid-token"
    title = "The access token is not valid"

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"The access token is refused. {reason}", f', error="invalid_token", error_description="{reason}"'
        )


class Forbidden(ApiError):
    """The caller is known, but lacks the right."""

    status = 403
    slug = "forbidden"
    title = "You may not do this"

    def __init__(self, detail: str, *, scope: str = "") -> None:
        needed = f', scope="{scope}"' if scope else ""
        challenge = f'Bearer realm="platform", error="insufficient_scope"{needed}'
        super().__init__(detail, headers={"WWW-Authenticate": challenge})


class NotFound(ApiError):
    status = 404
    slug = "not-found"
    title = "There is nothing here"


class MethodNotAllowed(ApiError):
    status = 405
    slug = "method-not-allowed"
    title = "The method is not allowed here"


class Conflict(ApiError):
    status = 409
    slug = "conflict"
    title = "The request conflicts with the present state"


class RequestInProgress(Conflict):
    """Another request with the same Idempotency-Key has not ended yet."""

    slug = "request-in-progress"
    title = "The same request is in progress"

    def __init__(self) -> None:
        super().__init__(
            "A request with this Idempotency-Key is being processed. Repeat it in a second.",
            headers={"Retry-After": "1"},
        )


class PreconditionFailed(ApiError):
    status = 412
    slug = "precondition-failed"
    title = "The resource has changed"


class StaleVersion(PreconditionFailed):
    """A change was made from a version that is no longer stored, or the caller named another version in If-Match.

    If callers see the error, the service subclasses it to name the resource.
    """

    slug = "stale-version"

    def __init__(self, detail: str = "The resource has changed. Get it again and repeat the change.") -> None:
        super().__init__(detail)


class UnsupportedMediaType(ApiError):
    status = 415
    slug = "unsupported-media-type"
    title = "The content type is not supported"


class InvalidRequest(ApiError):
    status = 422
    slug = "invalid-request"
    title = "The request does not fit its description"


class IdempotencyKeyReused(InvalidRequest):
    slug = "idempotency-key-reused"
    title = "The Idempotency-Key was used with another body"

    def __init__(self) -> None:
        super().__init__("This Idempotency-Key was used before with another body. Use a new key for a new request.")


class PreconditionRequired(ApiError):
    status = 428
    slug = "precondition-required"
    title = "A precondition is required"


class Unavailable(ApiError):
    """A dependency of the service throttles or is unreachable; the same request may succeed soon."""

    status = 503
    slug = "unavailable"
    title = "The service is unavailable for the moment"

    def __init__(
        self, detail: str = "A part of the service is busy or unreachable. Try again.", *, retry_after_s: int = 1
    ) -> None:
        super().__init__(detail, headers={"Retry-After": str(retry_after_s)})
