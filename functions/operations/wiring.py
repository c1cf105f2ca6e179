"""The objects that the functions of operations share in a Lambda, made when first needed."""

from functools import cache

from functions.operations.incidents.recording import IncidentRecorder
from functions.operations.incidents.service import IncidentService
from functions.operations.recording import Recorder
from functions.operations.service import OperationsService
from functions.shared.aws.clients import client
from functions.shared.aws.secret_values import secret_value
from functions.shared.aws.settings import setting
from functions.shared.http.cursors import Cursors


@cache
def operations_service() -> OperationsService:
    """Return the use cases of the API, with their stores on DynamoDB."""
    from functions.operations.repository import (  # noqa: PLC0415 - PynamoDB takes a quarter of a cold start
        DeploymentRepository,
        EventRepository,
    )

    return OperationsService(EventRepository(), DeploymentRepository())


@cache
def recorder() -> Recorder:
    """Return the use case of the recorder, with its stores on DynamoDB."""
    from functions.operations.repository import (  # noqa: PLC0415 - as above
        DeploymentRepository,
        EventRepository,
    )

    return Recorder(EventRepository(), DeploymentRepository(), environment=setting("ENVIRONMENT"))


@cache
def incident_service() -> IncidentService:
    """Return the use cases of the API of incidents, with their stores on DynamoDB."""
    from functions.operations.incidents.repository import IncidentRepository  # noqa: PLC0415 - as above
    from functions.operations.repository import DeploymentRepository  # noqa: PLC0415 - as above

    return IncidentService(IncidentRepository(), DeploymentRepository())


@cache
def incident_recorder() -> IncidentRecorder:
    """Return the use case of the recorder for alarms, with its store on DynamoDB."""
    from functions.operations.incidents.repository import IncidentRepository  # noqa: PLC0415 - as above

    return IncidentRecorder(IncidentRepository())


@cache
def cursors() -> Cursors:
    """Return the cursors of the list of deployments."""
    return Cursors("deployments", key=lambda: secret_value("cursor-key"))


@cache
def incident_cursors() -> Cursors:
    """Return the cursors of the list of incidents."""
    return Cursors("incidents", key=lambda: secret_value("cursor-key"))


def prepare() -> None:
    """Make the objects that requests need, before Lambda takes a snapshot of the process."""
    operations_service()
    incident_service()
    client("secretsmanager")
