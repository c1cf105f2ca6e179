"""The HTTP routes of imports."""

from functools import partial
from typing import Annotated

from fastapi import Depends, Query, Response, status

from functions.imports.schemas import ImportAnswer, ImportPage, NewImport
from functions.imports.service import ImportService
from functions.imports.wiring import cursors, idempotent_creation, import_service
from functions.shared.auth.access import CallerOf, access, guarded_router
from functions.shared.http.bodies import json_only
from functions.shared.http.cursors import Cursors
from functions.shared.http.idempotency import key_of
from functions.shared.http.idempotency_key import IdempotencyKey
from functions.shared.http.lists import PageQuery, paged
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
                "Location": {"description": "The path of the import.", "schema": {"type": "string"}},
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
    """Import an uploaded file. The import continues after the answer: follow its progress at `Location`.

    Members cannot start imports, because an import creates other people's accounts; they can follow and cancel the
    imports of their own files. A machine client also needs `files/read` and `users/write`, because the import reads
    the file and creates users on its behalf. While the same import of the same file is running, the answer is 409.
    Bad rows are left out and listed in the rejects file; if the file cannot be read as described, the import fails.
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
    query: Annotated[PageQuery, Query()],
    service: Service,
    caller: CallerOf,
    cursors: Annotated[Cursors, Depends(cursors)],
) -> ImportPage:
    """List imports, newest first. Counts of written, rejected and skipped rows are complete once an import is over."""
    list_page = partial(service.list_page, restricted_to=caller.restricted_to)
    filters = {"owner": caller.restricted_to}
    return paged(list_page, query, cursors, filters=filters, into=ImportPage, item=ImportAnswer.of)


@router.get("/{import_id}", responses=documented(404, 503))
@access(member="own")
async def get_import(import_id: str, service: Service, caller: CallerOf) -> ImportAnswer:
    """Get an import: its progress, its result, and a link to download its rejects."""
    import_ = service.get(import_id, restricted_to=caller.restricted_to)
    return ImportAnswer.of(import_, rejects_url=service.link(import_))


@router.post("/{import_id}/cancel", status_code=status.HTTP_202_ACCEPTED, responses=documented(404, 409, 503))
@access(member="own")
async def cancel_import(import_id: str, service: Service, caller: CallerOf) -> ImportAnswer:
    """Cancel an import: rows that are not written yet are skipped, written rows stay. A repetition changes nothing.

    The import becomes `cancelled` a moment later, when the chunks that are being written are counted. If it makes no
    progress for half an hour, it is stuck: cancel it again to end it with the counts so far.
    """
    return ImportAnswer.of(service.cancel(import_id, restricted_to=caller.restricted_to))
