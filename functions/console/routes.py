"""The pages of the console. A member has nothing here but the reason; machine clients are not admitted."""

from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import parse_qs

from fastapi import Depends, Path, Query, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from functions.console.dead_letters import DeadLetterService
from functions.console.pages import page
from functions.console.runbook import section_of
from functions.console.schemas import AlarmQuery, KpiQuery, ServicesAnswer
from functions.console.service import ConsoleService
from functions.console.wiring import console_service, dead_letter_service
from functions.shared.auth.access import CallerOf, access, guarded_router
from functions.shared.interface.names import CONSOLE_PATH

router = guarded_router("console")

Service = Annotated[ConsoleService, Depends(console_service)]
DeadLetters = Annotated[DeadLetterService, Depends(dead_letter_service)]
ServiceName = Annotated[str, Path(max_length=14, pattern="^[a-z][a-z0-9]*$")]
FunctionName = Annotated[str, Path(max_length=24, pattern="^[a-z][a-z0-9-]*$")]
MESSAGE = "^[0-9a-f-]{36}$"
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


@router.get("/dead-letters", **PAGE)
@access(member="never", machine="never")
def show_dead_letters(request: Request, letters: DeadLetters) -> Response:
    """Show all queues of dead letters and parked events."""
    return page(request, "dead_letters.html", title="Dead letters", queues=letters.list_queues())


@router.get("/dead-letters/{service}/{function}", **PAGE)
@access(member="never", machine="never")
def show_queue(
    request: Request,
    letters: DeadLetters,
    service: ServiceName,
    function: FunctionName,
    confirmed: Annotated[str, Query(pattern=f"^(all)?$|{MESSAGE}")] = "",
) -> Response:
    """Show the messages of a queue by their causes, and its redrives."""
    found = letters.queue(service, function)
    title = f"Dead letters of {found.now.letters.label}"
    return page(request, "letters.html", title=title, found=found, confirmed=confirmed)


@router.get("/dead-letters/{service}/{function}/redrive", **PAGE)
@access(member="never", machine="never")
def show_dry_run(
    request: Request,
    letters: DeadLetters,
    caller: CallerOf,
    *,
    service: ServiceName,
    function: FunctionName,
    message: Annotated[str, Query(pattern=f"^$|{MESSAGE}")] = "",
) -> Response:
    """Show the effect that a redrive would have, with the button that confirms it."""
    run = letters.dry_run(service, function, message, by=caller.subject)
    return page(request, "redrive.html", title=f"Redrive {run.now.letters.label}", run=run)


async def _confirmation(request: Request) -> str:
    """Return the field of the form; empty without one, as for a form that the console has not written."""
    try:
        sent = parse_qs((await request.body()).decode(), max_num_fields=10)
    except ValueError:
        return ""
    return sent.get("confirmation", [""])[0]


@router.post("/dead-letters/{service}/{function}/redrive", **PAGE)
@access(member="never", machine="never")
def redrive(
    letters: DeadLetters,
    caller: CallerOf,
    service: ServiceName,
    function: FunctionName,
    confirmation: Annotated[str, Depends(_confirmation)],
) -> Response:
    """Redrive as confirmed, and lead back to the queue."""
    done = letters.redrive(service, function, confirmation, by=caller.subject)
    to = f"{CONSOLE_PATH}/dead-letters/{service}/{function}?confirmed={done.message_id or 'all'}"
    return RedirectResponse(to, status_code=HTTPStatus.SEE_OTHER)


@router.get("/dead-letters/{service}/{function}/{message_id}", **PAGE)
@access(member="never", machine="never")
def show_message(
    request: Request,
    letters: DeadLetters,
    service: ServiceName,
    function: FunctionName,
    message_id: Annotated[str, Path(pattern=MESSAGE)],
) -> Response:
    """Show the facts of a message, without its content."""
    now, letter = letters.message(service, function, message_id)
    return page(request, "letter.html", title=letter.about, now=now, letter=letter)


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
