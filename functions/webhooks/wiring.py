"""The wiring of webhooks on AWS; each part is created when it is first needed."""

from collections.abc import Callable
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING

from functions.shared.aws.clients import client
from functions.shared.aws.secret_values import secret_value, secret_values
from functions.shared.aws.settings import setting_value
from functions.shared.http.cursors import Cursors
from functions.shared.messaging.work_queue import Task, WorkQueue
from functions.webhooks.delivery_service import DeliveryService
from functions.webhooks.ports import Stores
from functions.webhooks.sealing import SecretBox
from functions.webhooks.service import WebhookService

if TYPE_CHECKING:
    from functions.webhooks.delivering import Deliverer
    from functions.webhooks.dispatching import Dispatcher


@cache
def webhook_service() -> WebhookService:
    """Return the use cases of webhooks on DynamoDB."""
    from functions.webhooks.url_check import UrlCheck  # noqa: PLC0415 - only the API needs it

    return WebhookService(
        _stores().webhooks,
        secrets=_secret_box(),
        check_url=UrlCheck(loopback=setting_value("loopback_targets")),
        rotation_overlap=timedelta(seconds=setting_value("rotation_overlap_s")),
    )


@cache
def delivery_service() -> DeliveryService:
    """Return the use cases of deliveries on DynamoDB and SQS."""
    return DeliveryService(webhooks=webhook_service(), deliveries=_stores().deliveries, queue=_delivery_queue)


def dispatcher() -> "Dispatcher":
    """Return the dispatcher of events."""
    from functions.webhooks.dispatching import Dispatcher  # noqa: PLC0415 - the API does not need it

    return Dispatcher(stores=_stores(), queue=_delivery_queue(), at_once=setting_value("deliveries_at_once"))


def deliverer() -> "Deliverer":
    """Return the maker of attempts."""
    from functions.shared.auth.deactivated_people import is_deactivated  # noqa: PLC0415 - only the worker needs it
    from functions.webhooks.delivering import Deliverer, RetryPolicy  # noqa: PLC0415 - only the worker needs it
    from functions.webhooks.sender import HttpSender  # noqa: PLC0415 - only the worker needs it

    delays_s = setting_value("retry_delays_s")
    return Deliverer(
        stores=_stores(),
        queue=_delivery_queue(),
        secrets=_secret_box(),
        sender=HttpSender(
            connect_timeout_s=setting_value("connect_timeout_s"),
            timeout_s=setting_value("attempt_timeout_s"),
            loopback=setting_value("loopback_targets"),
        ),
        policy=RetryPolicy(
            delays_s=delays_s,
            disabled_after=timedelta(seconds=setting_value("disabled_after_s")),
            # All failures of one delivery are one series, even if it is the receiver's only delivery.
            forgotten_after=timedelta(seconds=sum(delays_s)),
        ),
        is_deactivated=is_deactivated,
    )


def worker() -> Callable[[Task], None]:
    """Return the function that handles a task of the queue."""
    from functions.webhooks.tasks import NextDeliveries  # noqa: PLC0415 - only the worker needs it

    delivers, dispatches = deliverer(), dispatcher()

    def handle(task: Task) -> None:
        if "after" in task.content:
            dispatches.resume(NextDeliveries(**task.content))
        else:
            delivers.handle(task)

    return handle


@cache
def webhook_cursors() -> Cursors:
    """Return the cursors of the list of webhooks."""
    return Cursors("webhooks", key=lambda: secret_value("cursor-key"))


@cache
def delivery_cursors() -> Cursors:
    """Return the cursors of the list of deliveries."""
    return Cursors("webhooks/deliveries", key=lambda: secret_value("cursor-key"))


def prepare() -> None:
    """Create everything that requests need, before Lambda takes a snapshot of the process."""
    delivery_service()
    _delivery_queue()
    for service in ("secretsmanager", "sqs"):
        client(service)


@cache
def _stores() -> Stores:
    from functions.webhooks.delivery_repository import DeliveryRepository  # noqa: PLC0415 - a quarter of a cold start
    from functions.webhooks.repository import WebhookRepository  # noqa: PLC0415 - see above

    return Stores(
        webhooks=WebhookRepository(webhooks_per_owner=setting_value("webhooks_per_owner")),
        deliveries=DeliveryRepository(),
    )


@cache
def _delivery_queue() -> WorkQueue:
    return WorkQueue("deliveries")


@cache
def _secret_box() -> SecretBox:
    return SecretBox(lambda: secret_values("sealing-key"))
