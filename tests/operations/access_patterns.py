"""Access patterns of the table of operations: the calls that tests/tools/data_model records."""

from functions.operations.domain import Deployment
from functions.operations.facts import RawEvent
from functions.operations.incidents.domain import Incident
from functions.operations.incidents.recording import REACH
from functions.operations.incidents.repository import IncidentRepository
from functions.operations.joining import join
from functions.operations.recording import WINDOW, statements_of
from functions.operations.repository import DeploymentRepository, EventRepository
from tests.operations.events import stack_event
from tests.operations.incidents.alarms import fires, incidents_of
from tests.tools.data_model.access_patterns import Call


def event() -> RawEvent:
    return stack_event("UPDATE_COMPLETE", 5)


def deployment() -> Deployment:
    [found] = join(statements_of([event()])).values()
    return found


def keep_an_event() -> Call:
    EventRepository().append(stack_event("UPDATE_IN_PROGRESS", 0))
    return lambda: EventRepository().append(event())


def get_the_head_of_the_chain() -> Call:
    return EventRepository().find_head


def read_the_events_around_an_event() -> Call:
    at = event().at
    return lambda: EventRepository().read_between(at - WINDOW, at + WINDOW)


def read_the_events_of_a_deployment() -> Call:
    return lambda: EventRepository().read_at([event().position])


def read_links_of_the_chain() -> Call:
    return lambda: EventRepository().read_links(after=10, limit=200)


def save_a_record() -> Call:
    return lambda: DeploymentRepository().save(deployment())


def remove_records_that_a_request_took_over() -> Call:
    DeploymentRepository().save(deployment())
    return lambda: DeploymentRepository().remove([deployment().deployment_id])


def get_a_record() -> Call:
    DeploymentRepository().save(deployment())
    return lambda: DeploymentRepository().get(deployment().deployment_id)


def list_records() -> Call:
    return lambda: DeploymentRepository().list_page(limit=20, after=deployment().position)


def read_records_since_a_time() -> Call:
    at = deployment().at
    return lambda: list(DeploymentRepository().read_since(at))


def incident(minutes: float = 0) -> Incident:
    [found] = incidents_of([fires("users-failures", minutes)])
    return found


def read_the_incidents_around_a_change() -> Call:
    at = incident().opened_at
    return lambda: IncidentRepository().read_between(at - REACH, at + REACH)


def change_incidents() -> Call:
    repository = IncidentRepository()
    repository.replace(0, save=[incident(5)], removed={})
    removed = {incident(5).incident_id: incident().incident_id}
    return lambda: repository.replace(1, save=[incident()], removed=removed)


def get_an_incident() -> Call:
    IncidentRepository().replace(0, save=[incident()], removed={})
    return lambda: IncidentRepository().get(incident().incident_id)


def list_incidents() -> Call:
    return lambda: IncidentRepository().list_page(limit=20, after=incident().incident_id)
