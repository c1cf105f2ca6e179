"""The HTTP routes of users."""

from functools import partial
from typing import Annotated

from fastapi import Depends, Header, Query, Response, status

from functions.shared.auth.access import CallerOf, access, guarded_router
from functions.shared.http.bodies import json_only
from functions.shared.http.cursors import Cursors
from functions.shared.http.idempotency import key_of
from functions.shared.http.idempotency_key import IdempotencyKey
from functions.shared.http.lists import paged
from functions.shared.http.preconditions import entity_tag, is_unchanged, required_versions_in, versions_in
from functions.shared.problems import documented
from functions.users.schemas import ListQuery, NewUser, UserAnswer, UserChanges, UserPage
from functions.users.service import UserService
from functions.users.wiring import cursors, idempotent_creation, user_service

router = guarded_router("users")

Service = Annotated[UserService, Depends(user_service)]
IfMatch = Annotated[str | None, Header(description="The ETag of the user that you have read.", examples=['"3"'])]
IfNoneMatch = Annotated[str | None, Header(description="An ETag that you have already.", examples=['"3"'])]
_ETAG = {"ETag": {"description": "The version of the user.", "schema": {"type": "string"}}}


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    dependencies=[json_only],
    responses={
        201: {
            "headers": {
                "Location": {"description": "The path of the user.", "schema": {"type": "string"}},
                "Idempotency-Replayed": {"description": "`true` on a replay.", "schema": {"type": "string"}},
                **_ETAG,
            }
        },
        **documented(400, 409, 413, 415, 422, 503),
    },
)
@access(member="never")
async def create_user(
    *,
    body: NewUser,
    response: Response,
    service: Service,
    caller: CallerOf,
    idempotency_key: IdempotencyKey = None,
) -> UserAnswer:
    """Create a user. The e-mail address is unique regardless of case; addresses that look alike are different ones."""

    def create(token: str | None) -> UserAnswer:
        return UserAnswer.of(service.create(body.to_domain(), request_token=token))

    key = key_of(caller, idempotency_key)
    answer = idempotent_creation().answer(create, UserAnswer, key=key, body=body, response=response)
    response.headers["Location"] = f"/users/{answer.id}"
    response.headers["ETag"] = entity_tag(answer.version)
    return answer


@router.get("", responses=documented(400, 422, 503))
@access(member="never")
async def list_users(
    query: Annotated[ListQuery, Query()], service: Service, cursors: Annotated[Cursors, Depends(cursors)]
) -> UserPage:
    """List users, oldest first. A page costs the same for any number of users; changes appear after about a second."""
    list_page = partial(service.list_page, active=query.active_only)
    filters = {"active": query.active_only}
    return paged(list_page, query, cursors, filters=filters, into=UserPage, item=UserAnswer.of)


@router.get("/me", responses={200: {"headers": _ETAG}, **documented(409, 503)})
@access(member="own", machine="never")
async def get_my_account(response: Response, service: Service, caller: CallerOf) -> UserAnswer:
    """Get the caller's own account. The first call creates it from the caller's profile in the user pool.

    If an account with the caller's verified address exists, it becomes the caller's account. An address that only looks
    like the caller's is another one: the answer is then 409 `address-resembles-another`.
    """
    user = service.account(caller.subject, token=caller.token)
    response.headers["ETag"] = entity_tag(user.version)
    return UserAnswer.of(user)


@router.get(
    "/{user_id}",
    response_model=UserAnswer,
    responses={200: {"headers": _ETAG}, 304: {"description": "Unchanged."}, **documented(404, 503)},
)
@access(member="own")
async def get_user(
    user_id: str, response: Response, service: Service, caller: CallerOf, if_none_match: IfNoneMatch = None
) -> UserAnswer | Response:
    """Get a user, active or not."""
    user = service.get(user_id, restricted_to=caller.restricted_to)
    response.headers["ETag"] = entity_tag(user.version)
    if is_unchanged(if_none_match, version=user.version):
        return Response(status_code=status.HTTP_304_NOT_MODIFIED, headers=dict(response.headers))
    return UserAnswer.of(user)


@router.patch(
    "/{user_id}",
    dependencies=[json_only],
    responses={200: {"headers": _ETAG}, **documented(400, 404, 409, 412, 413, 415, 422, 428, 503)},
)
@access(member="own")
async def change_user(
    *,
    user_id: str,
    body: UserChanges,
    response: Response,
    service: Service,
    caller: CallerOf,
    if_match: IfMatch = None,
) -> UserAnswer:
    """Change fields of a user. `If-Match` is required, so that clients overwrite no change that they have not seen."""
    versions = required_versions_in(if_match)
    user = service.change(user_id, body, versions=versions, restricted_to=caller.restricted_to)
    response.headers["ETag"] = entity_tag(user.version)
    return UserAnswer.of(user)


@router.delete(
    "/{user_id}",
    status_code=status.HTTP_204_NO_CONTENT,
    response_class=Response,
    responses=documented(400, 404, 412, 503),
)
@access(member="own")
async def deactivate_user(user_id: str, service: Service, caller: CallerOf, if_match: IfMatch = None) -> None:
    """Deactivate a user. They keep their id and address, and stay readable; deactivating again changes nothing.

    Within a minute, the person who signs in as the user can sign in no more, and their tokens are refused.
    """
    service.deactivate(user_id, versions=versions_in(if_match), restricted_to=caller.restricted_to)
