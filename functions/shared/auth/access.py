"""Access rules: each route declares one, and a route without a rule cannot be created.

    router = guarded_router("files")

    @router.get("/{file_id}")
    @access(member="own")
    async def get_file(file_id: str, caller: CallerOf) -> FileAnswer: …

Admins pass every rule. A machine client needs a scope: `<service>/read` if the route only reads, otherwise
`<service>/write`, and the further scopes that the route names in `also`. A route that changes a stored resource and
answers it needs both: a client that may only write must not read by a change that changes nothing. A member passes
`own`; the route then answers 404 for another user's resource, and `caller.restricted_to` is the member. The OpenAPI
document has the rule as `x-access`.

A rehearsal has no token: its caller is the release check, a machine client with the scopes that the rehearsal states.
It also reaches the routes that admit no machine client.
"""

from collections.abc import Callable, Collection, Coroutine
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.datastructures import Headers
from starlette.responses import Response

from functions.shared.auth.access_tokens import access_tokens
from functions.shared.auth.blocked_people import blocked_people
from functions.shared.auth.callers import Caller
from functions.shared.auth.security_schemes import machine_scheme
from functions.shared.content_encoding import refuse_encoded
from functions.shared.errors import Forbidden, InvalidToken, Unauthenticated
from functions.shared.interface.names import ADMIN, MEMBER
from functions.shared.problems import documented
from functions.shared.rehearsal import SUBJECT as RELEASE_CHECK
from functions.shared.rehearsal import current_rehearsal

type MemberAccess = Literal["own", "never"]

SAFE_METHODS = {"GET", "HEAD"}
_RULE = "__access__"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """The callers that a route admits in addition to admins: members for their own data, machine clients by scope."""

    member: MemberAccess
    machine: Literal["scope", "never"]
    also: tuple[str, ...] = ()


def access[F: Callable[..., Any]](
    *, member: MemberAccess, machine: Literal["scope", "never"] = "scope", also: tuple[str, ...] = ()
) -> Callable[[F], F]:
    """Declare a route's rule, below the route's own decorator.

    Args:
        member: `own` admits members to their own data, `never` does not admit members.
        machine: `scope` admits machine clients with the scopes, `never` does not admit them.
        also: Further scopes that machine clients need, because the route makes other services act on their behalf.
            Otherwise this service would give machine clients rights that they do not have.
    """

    def declare(endpoint: F) -> F:
        setattr(endpoint, _RULE, Rule(member=member, machine=machine, also=also))
        return endpoint

    return declare


def guarded_router(service: str) -> APIRouter:
    """Return the router of a service: the paths begin with `/<service>`, and each route has a rule."""
    return APIRouter(prefix=f"/{service}", tags=[service], route_class=GuardedRoute)


class GuardedRoute(APIRoute):
    """A route that checks the caller before it reads anything else of the request.

    Raises:
        TypeError: The endpoint declares no rule.
    """

    def __init__(self, path: str, endpoint: Callable[..., Any], **more: Any) -> None:  # noqa: ANN401 - FastAPI's own
        rule = getattr(endpoint, _RULE, None)
        if rule is None:
            raise TypeError(f"{path}: {endpoint.__name__} declares no rule; add @access(member=…) below its decorator")
        self.rule: Rule = rule
        safe = set(more.get("methods") or ["GET"]) <= SAFE_METHODS
        service = path.split("/")[1]
        reads = safe or ("{" in path and more.get("status_code") != HTTPStatus.NO_CONTENT)
        own = [f"{service}/{verb}" for verb, is_needed in (("write", not safe), ("read", reads)) if is_needed]
        self.scopes = (*own, *rule.also)
        machine = " ".join(self.scopes) if rule.machine == "scope" else "never"
        more["responses"] = {**documented(401, 403), **(more.get("responses") or {})}
        more["openapi_extra"] = {
            **(more.get("openapi_extra") or {}),
            "x-access": {"admin": "all", "member": rule.member, "machine": machine},
            "security": [
                {"person": []},
                *([{machine_scheme(service): list(self.scopes)}] if rule.machine == "scope" else []),
            ],
        }
        super().__init__(path, endpoint, **more)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the function that answers a request."""
        answer = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            caller = _release_check() or access_tokens().caller(_token_in(request.headers))
            if not caller.is_machine and caller.subject in blocked_people():
                raise InvalidToken("Your account is deactivated.")
            request.state.caller = caller
            self._admit(caller)
            if self.body_field is not None:
                refuse_encoded(request)
            return await answer(request)

        return guarded

    def _admit(self, caller: Caller) -> None:
        if caller.is_machine:
            if self.rule.machine == "never" and caller.subject != RELEASE_CHECK:
                raise Forbidden("Only people may do this, not machine clients.")
            for scope in self.scopes:
                if scope not in caller.scopes:
                    raise Forbidden(f"The token lacks the scope {scope}.", scope=" ".join(self.scopes))
        elif ADMIN not in caller.groups:
            if MEMBER not in caller.groups:
                raise Forbidden(
                    f"You are in neither of the groups {ADMIN} and {MEMBER}. Ask an administrator to add you."
                )
            if self.rule.member == "never":
                raise Forbidden(f"Only people of the group {ADMIN} may do this.")


def refuse_open_routes(app: FastAPI, *, except_for: Collection[str]) -> None:
    """Refuse to start an app that has an open route by mistake.

    Raises:
        TypeError: A route has no rule, and its path is not one that is open on purpose.
    """
    for route in iter_route_contexts(app.routes):
        if not isinstance(route.original_route, GuardedRoute) and route.path not in except_for:
            raise TypeError(f"{route.path} has no access rule; make its router with guarded_router()")


def _release_check() -> Caller | None:
    """Return the caller of a rehearsed request; None in ordinary work."""
    rehearsal = current_rehearsal()
    return Caller(subject=RELEASE_CHECK, is_machine=True, scopes=rehearsal.scopes) if rehearsal else None


def _token_in(headers: Headers) -> str:
    values = headers.getlist("authorization")
    if not values:
        raise Unauthenticated
    scheme, _, token = values[0].partition(" ")
    if len(values) > 1 or scheme.lower() != "bearer" or not token.strip():
        raise InvalidToken("Expected one header Authorization: Bearer <token>.")
    return token.strip()


async def _caller(request: Request) -> Caller:
    caller: Caller = request.state.caller
    return caller


CallerOf = Annotated[Caller, Depends(_caller)]
