"""The objects that the functions of widgets share in a Lambda, made when first needed."""

from functools import cache

from functions.shared.aws.clients import client
from functions.shared.http.cursors import Cursors
from functions.shared.aws.secret_values import secret_value
from functions.widgets.service import WidgetService


@cache
def widget_service() -> WidgetService:
    """Return the use cases, with their store on DynamoDB."""
    from functions.widgets.repository import WidgetRepository  # noqa: PLC0415 - PynamoDB is slow to import

    return WidgetService(WidgetRepository())


@cache
def cursors() -> Cursors:
    """Return the cursors of the list of widgets."""
    return Cursors("widgets", key=lambda: secret_value("cursor-key"))


def prepare() -> None:
    """Make the objects that requests need, before Lambda takes a snapshot of the process."""
    widget_service()
    client("secretsmanager")
