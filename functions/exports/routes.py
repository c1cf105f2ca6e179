"""The HTTP routes of exports."""

from functools import partial
from typing import Annotated

from fastapi import Depends, Query, Response, status

from functions.exports.schemas import ExportAnswer, ExportPage, NewExport
from functions.exports.service import ExportService
from functions.exports.sources import check_may_read
from functions.exports.wiring import cursors, export_service, idempotent_creation
from functions.shared.auth.access import CallerOf, access, guarded_router
from functions.shared.http.bodies import json_only
from functions.shared.http.cursors import Cursors
from functions.shared.http.idempotency import key_of
from functions.shared.http.idempotency_key import IdempotencyKey
from functions.shared.http.lists import PageQuery, paged
from functions.shared.problems import documented

router = guarded_router("exports")

Service = Annotated[ExportService, Depends(export_service)]


@router.post(
    "",
    status_code=status.HTTP_202_ACCEPTED,
    dependencies=[json_only],
    responses={
        202: {
            "headers": {
                "Location": {"description": "The path of the export.", "schema": {"type": "string"}},
                "Idempotency-Replayed": {"description": "`true` on a replay.", "schema": {"type": "string"}},
            }
        },
        **documented(400, 409, 413, 415, 422, 503),
    },
)
@access(member="own")
async def request_export(
    *,
    body: NewExport,
    response: Response,
    service: Service,
    caller: CallerOf,
    idempotency_key: IdempotencyKey = None,
) -> ExportAnswer:
    """Export the data that you may read. The export continues after the answer: follow its progress at `Location`.

    It contains the data that existed at the time of the request; an entry that changes during the export may appear in
    its old or its new state. Members can export only their own data: their account, but no activity. Machine clients
    also need the scope of the source: `users/read` or `activity/read`.
    """
    check_may_read(caller, body.source)

    def start(token: str | None) -> ExportAnswer:
        export = service.request(
            body.source, owner=caller.subject, restricted_to=caller.restricted_to, request_token=token
        )
        return ExportAnswer.of(export)

    # An admin who becomes a member must not get an export of all data with an old key.
    key = key_of(caller, idempotency_key, caller.restricted_to or "all")
    answer = idempotent_creation().answer(start, ExportAnswer, key=key, body=body, response=response)
    response.headers["Location"] = f"/exports/{answer.id}"
    return answer


@router.get("", responses=documented(400, 422, 503))
@access(member="own")
async def list_exports(
    query: Annotated[PageQuery, Query()],
    service: Service,
    caller: CallerOf,
    cursors: Annotated[Cursors, Depends(cursors)],
) -> ExportPage:
    """List the exports of the last seven days that you may see, newest first.

    A page can have fewer than `limit` items if some have just expired.
    """
    list_page = partial(service.list_page, restricted_to=caller.restricted_to)
    filters = {"restricted_to": caller.restricted_to}
    return paged(list_page, query, cursors, filters=filters, into=ExportPage, item=ExportAnswer.of)


@router.get("/{export_id}", responses=documented(404, 503))
@access(member="own")
async def get_export(export_id: str, service: Service, caller: CallerOf) -> ExportAnswer:
    """Get an export: its progress and, once it is available, a link to download it, valid for five minutes.

    Machine clients also need the scope of the export's source: `users/read` or `activity/read`.
    """
    export = service.get(export_id, restricted_to=caller.restricted_to)
    check_may_read(caller, export.source)
    return ExportAnswer.of(export, link=service.link(export))


@router.post("/{export_id}/cancel", responses=documented(404, 409, 503))
@access(member="own")
async def cancel_export(export_id: str, service: Service, caller: CallerOf) -> ExportAnswer:
    """Cancel an export that is not over; its parts are removed. A repetition changes nothing."""
    return ExportAnswer.of(service.cancel(export_id, restricted_to=caller.restricted_to))
