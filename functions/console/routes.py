"""The pages of the console. A member has nothing here but the reason; machine clients are not admitted."""

from typing import Annotated, Any

from fastapi import Depends, Path, Query, Request
from starlette.responses import HTMLResponse, Response

from functions.console.pages import page
from functions.console.runbook import section_of
from functions.console.schemas import AlarmQuery, KpiQuery, ServicesAnswer
from functions.console.service import ConsoleService
from functions.console.wiring import console_service
from functions.shared.auth.access import CallerOf, access, guarded_router

router = guarded_router("console")

Service = Annotated[ConsoleService, Depends(console_service)]
# A page is for people, and not a part of the API.
PAGE: dict[str, Any] = {"include_in_schema": False, "response_class": HTMLResponse}


@router.get("/services")
@access(member="never", machine="never")
def list_services(service: Service, caller: CallerOf) -> ServicesAnswer:
    """Get the present state of all services: what the first page of the console shows, for scripts."""
    return ServicesAnswer.of(service.now(token=caller.token))


@router.get("", **PAGE)
@access(member="never", machine="never")
def show_now(request: Request, service: Service, caller: CallerOf) -> Response:
    """Show the present state of all services."""
    return page(request, "now.html", title="Now", now=service.now(token=caller.token))


@router.get("/alarms", **PAGE)
@access(member="never", machine="never")
def show_alarms(request: Request, service: Service, query: Annotated[AlarmQuery, Query()]) -> Response:
    """Show all alarms, or those of a state and of a service."""
    alarms = service.list_alarms()
    shown = [each for each in alarms if query.state in {None, each.state} and query.of in {None, each.service}]
    return page(
        request, "alarms.html", title="Alarms", alarms=alarms, shown=shown, state_shown=query.state, of=query.of
    )


@router.get("/alarms/{name}", **PAGE)
@access(member="never", machine="never")
def show_alarm(
    request: Request,
    service: Service,
    caller: CallerOf,
    name: Annotated[str, Path(max_length=255, pattern="^[A-Za-z0-9._-]+$")],
) -> Response:
    """Show an alarm with its values and its history."""
    found = service.alarm(name, token=caller.token)
    runbook = section_of(name, environment=service.platform.environment)
    return page(request, "alarm.html", title=name, found=found, runbook=runbook)


@router.get("/incidents", **PAGE)
@access(member="never", machine="never")
def show_incidents(
    request: Request,
    service: Service,
    caller: CallerOf,
    cursor: Annotated[str | None, Query(max_length=1024)] = None,
) -> Response:
    """Show the incidents, newest first."""
    found = service.operations("incidents", token=caller.token, cursor=cursor)
    return page(request, "incidents.html", title="Incidents", found=found, cursor=cursor)


@router.get("/incidents/{incident_id}", **PAGE)
@access(member="never", machine="never")
def show_incident(
    request: Request,
    service: Service,
    caller: CallerOf,
    incident_id: Annotated[str, Path(max_length=300, pattern="^[A-Za-z0-9._-]+$")],
) -> Response:
    """Show an incident with its alarms, its likely causes and the first steps of the runbook."""
    found = service.operations(f"incidents/{incident_id}", token=caller.token)
    runbook = section_of(found["alarms"][0]["name"], environment=service.platform.environment)
    return page(request, "incident.html", title=found["title"], found=found, runbook=runbook)


@router.get("/deployments", **PAGE)
@access(member="never", machine="never")
def show_deployments(
    request: Request,
    service: Service,
    caller: CallerOf,
    cursor: Annotated[str | None, Query(max_length=1024)] = None,
) -> Response:
    """Show the deployments, newest first."""
    found = service.operations("deployments", token=caller.token, cursor=cursor)
    return page(request, "deployments.html", title="Deployments", found=found, cursor=cursor)


@router.get("/deployments/{deployment_id}", **PAGE)
@access(member="never", machine="never")
def show_deployment(
    request: Request,
    service: Service,
    caller: CallerOf,
    deployment_id: Annotated[str, Path(max_length=300, pattern="^[A-Za-z0-9._-]+$")],
) -> Response:
    """Show a deployment with its parts and its events."""
    found = service.operations(f"deployments/{deployment_id}", token=caller.token)
    return page(request, "deployment.html", title="Deployment", found=found)


@router.get("/kpis", **PAGE)
@access(member="never", machine="never")
def show_kpis(request: Request, service: Service, caller: CallerOf, query: Annotated[KpiQuery, Query()]) -> Response:
    """Show the KPIs of delivery, each with its definition."""
    found = service.kpis("", token=caller.token, days=query.days, of=query.of)
    return page(request, "kpis.html", title="KPIs", found=found, days=query.days, of=query.of)


@router.get("/kpis/{name}", **PAGE)
@access(member="never", machine="never")
def show_kpi(
    request: Request,
    service: Service,
    caller: CallerOf,
    name: Annotated[str, Path(max_length=64, pattern="^[a-z_]+$")],
    query: Annotated[KpiQuery, Query()],
) -> Response:
    """Show the deployments behind a KPI."""
    found = service.kpis(f"/{name}", token=caller.token, days=query.days, of=query.of)
    return page(request, "kpi.html", title=found["title"], found=found, days=query.days, of=query.of)
