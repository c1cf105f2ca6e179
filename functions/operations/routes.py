"""The HTTP routes of operations."""

from typing import Annotated

from fastapi import Depends, Path, Query

from functions.operations.errors import KpiNotFound
from functions.operations.incidents.schemas import (
    INCIDENT_ID,
    IncidentAnswer,
    IncidentDetail,
    IncidentPage,
    IncidentQuery,
)
from functions.operations.incidents.service import IncidentService
from functions.operations.kpis import DEFINITIONS
from functions.operations.schemas import (
    DEPLOYMENT_ID,
    ChainAnswer,
    ChainQuery,
    DeploymentAnswer,
    DeploymentDetail,
    DeploymentPage,
    DeploymentQuery,
    KpiAnswer,
    KpiQuery,
    KpisAnswer,
)
from functions.operations.service import OperationsService
from functions.operations.wiring import cursors, incident_cursors, incident_service, operations_service
from functions.shared.auth.access import access, guarded_router
from functions.shared.http.cursors import Cursors
from functions.shared.http.lists import paged
from functions.shared.problems import documented

router = guarded_router("operations")

Service = Annotated[OperationsService, Depends(operations_service)]
Incidents = Annotated[IncidentService, Depends(incident_service)]


@router.get("/deployments", responses=documented(400, 422, 503))
@access(member="never")
async def list_deployments(
    query: Annotated[DeploymentQuery, Query()], service: Service, cursors: Annotated[Cursors, Depends(cursors)]
) -> DeploymentPage:
    """List the deployments of this environment, newest first.

    A deployment appears a moment after its first event: the request of `make deploy`, or an event of AWS.
    """
    now = service.now()
    return paged(
        service.list_page,
        query,
        cursors,
        filters={},
        into=DeploymentPage,
        item=lambda deployment: DeploymentAnswer.of(deployment, now=now),
    )


@router.get("/deployments/{deployment_id}", responses=documented(404, 422, 503))
@access(member="never")
async def get_deployment(
    deployment_id: Annotated[str, Path(max_length=300, pattern="^[!-~]+$", examples=[DEPLOYMENT_ID])], service: Service
) -> DeploymentDetail:
    """Get a deployment with the raw events from which it is derived."""
    deployment, events = service.get(deployment_id)
    return DeploymentDetail.with_events(deployment, events, now=service.now())


@router.get("/incidents", responses=documented(400, 422, 503))
@access(member="never")
async def list_incidents(
    query: Annotated[IncidentQuery, Query()],
    incidents: Incidents,
    cursors: Annotated[Cursors, Depends(incident_cursors)],
) -> IncidentPage:
    """List the incidents of this environment, newest first.

    An alarm that fires opens an incident, or joins one of its service or of a common cause. The end of its last alarm
    ends an incident.
    """
    return paged(incidents.list_page, query, cursors, filters={}, into=IncidentPage, item=IncidentAnswer.of)


@router.get("/incidents/{incident_id}", responses=documented(404, 422, 503))
@access(member="never")
async def get_incident(
    incident_id: Annotated[str, Path(max_length=300, pattern="^[A-Za-z0-9._-]+$", examples=[INCIDENT_ID])],
    incidents: Incidents,
) -> IncidentDetail:
    """Get an incident with its alarms, its likely causes by rule, and its message.

    An incident that has joined an earlier one is shown as that one.
    """
    return IncidentDetail.explained(incidents.get(incident_id))


@router.get("/kpis", responses=documented(422, 503))
@access(member="never")
async def get_kpis(query: Annotated[KpiQuery, Query()], service: Service) -> KpisAnswer:
    """Get the KPIs of delivery of an environment or of one of its services, each with its definition.

    Failures are derived from the events of AWS. A release that still bakes counts in no number.
    """
    return KpisAnswer.of(service.report(environment=query.environment, service=query.service, days=query.days))


@router.get("/kpis/{name}", responses=documented(404, 422, 503))
@access(member="never")
async def get_kpi(
    name: Annotated[str, Path(max_length=64, examples=["change_lead_time"])],
    query: Annotated[KpiQuery, Query()],
    service: Service,
) -> KpiAnswer:
    """Get one KPI with the deployments behind it, newest first, at most 2,000."""
    report = service.report(environment=query.environment, service=query.service, days=query.days)
    found = [kpi for kpi in report.kpis if kpi.definition.name == name]
    if not found:
        raise KpiNotFound(", ".join(definition.name for definition in DEFINITIONS))
    return KpiAnswer.with_rows(found[0])


@router.get("/chain", responses=documented(422, 503))
@access(member="never")
async def check_chain(query: Annotated[ChainQuery, Query()], service: Service) -> ChainAnswer:
    """Check a piece of the chain of raw events.

    Each link has a hash of its event and of the link before it, so a changed, missing or inserted event breaks the
    chain.
    """
    return ChainAnswer.of(service.check_chain(after=query.after, limit=query.limit))
