"""HTTP to the use cases of imports, and back."""

from typing import Annotated

from fastapi import Depends, Query, Response, status

from functions.imports.schemas import ImportAnswer, ImportPage, ListQuery, NewImport
from functions.imports.service import ImportService
from functions.imports.wiring import cursors, idempotent_creation, import_service
from functions.shared.auth.access import CallerOf, access, guarded_router
from functions.shared.http.bodies import json_only
from functions.shared.http.cursors import Cursors
from functions.shared.http.idempotency import IdempotencyKey, key_of
from functions.shared.problems import documented

router = guarded_router("imports")

Service = Annotated[ImportService, Depends(import_service)]


@router.post(
    "",
    status_code=status.HTTP_202_ACCEPTED,
    dependencies=[json_only],
    responses={
        202: {
            "headers": {
                "Location": {"description": "Where the import is.", "schema": {"type": "string"}},
                "Idempotency-Replayed": {"description": "`true` on a replay.", "schema": {"type": "string"}},
            }
        },
        **documented(400, 404, 409, 413, 415, 422, 503),
    },
)
@access(member="never", also=("files/read", "users/write"))
async def request_import(
    *,
    body: NewImport,
    response: Response,
    service: Service,
    caller: CallerOf,
    idempotency_key: IdempotencyKey = None,
) -> ImportAnswer:
    """Import an uploaded file, which goes on after the answer: follow it at its `Location`.

    It creates accounts of others, and so is not for members; an import of a member's file is theirs to follow and to
    cancel. A machine client needs `files/read` and `users/write` as well, for what is done on its behalf. While the
    same file is being imported in the same way, it is answered 409. Bad rows are left out and listed in the rejects
    file; a file that does not fit as a whole fails.
    """

    def start(token: str | None) -> ImportAnswer:
        import_ = service.request(
            body.file_id, body.to_domain(), restricted_to=caller.restricted_to, request_token=token
        )
        return ImportAnswer.of(import_)

    key = key_of(caller, idempotency_key)
    answer = idempotent_creation().answer(start, ImportAnswer, key=key, body=body, response=response)
    response.headers["Location"] = f"/imports/{answer.id}"
    return answer


@router.get("", responses=documented(400, 422, 503))
@access(member="own")
async def list_imports(
    query: Annotated[ListQuery, Query()],
    service: Service,
    caller: CallerOf,
    cursors: Annotated[Cursors, Depends(cursors)],
) -> ImportPage:
    """List imports, newest first, with the counts of what was taken over as of their end."""
    filters = {"owner": caller.restricted_to}
    after = cursors.open(query.cursor, query=filters) if query.cursor is not None else None
    page = service.list_page(owner=caller.restricted_to, limit=query.limit, after=after)
    next_cursor = cursors.seal(page.next_position, query=filters) if page.next_position else None
    return ImportPage(items=[ImportAnswer.of(one) for one in page.items], next_cursor=next_cursor)


@router.get("/{import_id}", responses=documented(404, 503))
@access(member="own")
async def get_import(import_id: str, service: Service, caller: CallerOf) -> ImportAnswer:
    """Get an import: how far it is, how it ended, and where to download what was rejected."""
    import_ = service.get(import_id, owner=caller.restricted_to)
    return ImportAnswer.of(import_, rejects_url=service.link(import_))


@router.post("/{import_id}/cancel", status_code=status.HTTP_202_ACCEPTED, responses=documented(404, 409, 503))
@access(member="own")
async def cancel_import(import_id: str, service: Service, caller: CallerOf) -> ImportAnswer:
    """Cancel an import: rows that are not taken over yet are skipped, rows that are stay. Again, it changes nothing.

    The import is `cancelled` a moment later, when what is being taken over is counted. One that has waited for that, or
    for its end, for half an hour is stuck: cancelled again, it ends with what was counted.
    """
    return ImportAnswer.of(service.cancel(import_id, owner=caller.restricted_to))
