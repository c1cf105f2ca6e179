"""The HTTP routes of activity."""

from functools import partial
from typing import Annotated

from fastapi import Depends, Query

from functions.activity.schemas import EntryAnswer, EntryPage, LatestAnswer, ListQuery, SubjectQuery
from functions.activity.service import ActivityService
from functions.activity.wiring import activity_service, cursors
from functions.shared.auth.access import access, guarded_router
from functions.shared.http.cursors import Cursors
from functions.shared.http.lists import paged
from functions.shared.problems import documented

router = guarded_router("activity")


@router.get("", responses=documented(400, 422, 503))
@access(member="never")
async def list_activity(
    query: Annotated[ListQuery, Query()],
    service: Annotated[ActivityService, Depends(activity_service)],
    cursors: Annotated[Cursors, Depends(cursors)],
) -> EntryPage:
    """List the events of a subject, newest first. An event appears here a moment after the change."""
    list_page = partial(service.list_page, query.subject)
    filters = {"subject": query.subject}
    return paged(list_page, query, cursors, filters=filters, into=EntryPage, item=EntryAnswer.of)


@router.get("/latest", responses=documented(404, 422, 503))
@access(member="never")
async def get_latest(
    query: Annotated[SubjectQuery, Query()], service: Annotated[ActivityService, Depends(activity_service)]
) -> LatestAnswer:
    """Get the newest event of a subject, by its version: a late event never replaces a newer one."""
    return LatestAnswer.of(service.get_latest(query.subject))
