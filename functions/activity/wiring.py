"""The objects that the routes and the consumer of activity share in a Lambda, made when first needed."""

from functools import cache

from functions.activity.service import ActivityService
from functions.shared.aws.clients import client
from functions.shared.aws.secret_values import secret_value
from functions.shared.http.cursors import Cursors


@cache
def activity_service() -> ActivityService:
    """Return the use cases, with their store on DynamoDB."""
    from functions.activity.repository import ActivityRepository  # noqa: PLC0415 - PynamoDB takes a quarter of a cold start

    return ActivityService(ActivityRepository())


@cache
def cursors() -> Cursors:
    """Return the cursors of the list of activity."""
    return Cursors("activity", key=lambda: secret_value("cursor-key"))


def prepare() -> None:
    """Make the objects that requests need, before Lambda takes a snapshot of the process."""
    activity_service()
    client("secretsmanager")
