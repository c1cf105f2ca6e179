"""The HTTP routes of widgets."""

from functools import partial
from typing import Annotated

from fastapi import Depends, Query, Response, status

from functions.shared.auth.access import access, guarded_router
from functions.shared.http.bodies import json_only
from functions.shared.http.cursors import Cursors
from functions.shared.http.lists import paged
from functions.shared.problems import documented
from functions.widgets.schemas import ListQuery, NewWidget, WidgetAnswer, WidgetPage
from functions.widgets.service import WidgetService
from functions.widgets.wiring import cursors, widget_service

router = guarded_router("widgets")

Service = Annotated[WidgetService, Depends(widget_service)]


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    dependencies=[json_only],
    responses=documented(400, 413, 415, 422, 503),
)
@access(member="never")
async def create_widget(body: NewWidget, response: Response, service: Service) -> WidgetAnswer:
    """Create a widget."""
    widget = service.create(name=body.name)
    response.headers["Location"] = f"/widgets/{widget.widget_id}"
    return WidgetAnswer.of(widget)


@router.get("", responses=documented(400, 422, 503))
@access(member="never")
async def list_widgets(
    query: Annotated[ListQuery, Query()], service: Service, cursors: Annotated[Cursors, Depends(cursors)]
) -> WidgetPage:
    """List widgets in a status, oldest first."""
    list_page = partial(service.list_page, query.status)
    filters = {"status": query.status}
    return paged(list_page, query, cursors, filters=filters, into=WidgetPage, item=WidgetAnswer.of)


@router.get("/{widget_id}", responses=documented(404, 503))
@access(member="never")
async def get_widget(widget_id: str, service: Service) -> WidgetAnswer:
    """Get a widget."""
    return WidgetAnswer.of(service.get(widget_id))
