"""The objects that the functions of operations share in a Lambda, made when first needed."""

from functools import cache

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
def cursors() -> Cursors:
    """Return the cursors of the list of deployments."""
    return Cursors("deployments", key=lambda: secret_value("cursor-key"))


def prepare() -> None:
    """Make the objects that requests need, before Lambda takes a snapshot of the process."""
    operations_service()
    client("secretsmanager")
