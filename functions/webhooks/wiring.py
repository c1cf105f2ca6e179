"""What the functions of webhooks stand on in a Lambda, made when first needed."""

from datetime import timedelta
from functools import cache

from functions.shared.aws.clients import client
from functions.shared.aws.secret_values import secret_value, secret_values
from functions.shared.aws.settings import setting_value
from functions.shared.http.cursors import Cursors
from functions.shared.messaging.work_queue import WorkQueue
from functions.webhooks.sealing import SecretBox
from functions.webhooks.service import Limits, WebhookService
from functions.webhooks.stores import Stores


@cache
def webhook_service() -> WebhookService:
    """Return the use cases on DynamoDB and SQS."""
    from functions.webhooks.creation_check import UrlCheck  # noqa: PLC0415 - for requests that need it
    from functions.webhooks.delivery_repository import DeliveryRepository  # noqa: PLC0415 - a quarter of a start
    from functions.webhooks.repository import WebhookRepository  # noqa: PLC0415

    return WebhookService(
        stores=Stores(webhooks=WebhookRepository(), deliveries=DeliveryRepository()),
        tasks=delivery_queue,
        secrets=secret_box(),
        check_url=UrlCheck(loopback=setting_value("loopback_targets")),
        limits=Limits(
            rotation_overlap=timedelta(seconds=setting_value("rotation_overlap_s")),
            webhooks_per_owner=setting_value("webhooks_per_owner"),
        ),
    )


@cache
def delivery_queue() -> WorkQueue:
    """Return the queue of deliveries to make."""
    return WorkQueue("deliveries")


@cache
def secret_box() -> SecretBox:
    """Return what seals signing secrets."""
    return SecretBox(lambda: secret_values("sealing-key"))


@cache
def webhook_cursors() -> Cursors:
    """Return the cursors of the list of webhooks."""
    return Cursors("webhooks", key=lambda: secret_value("cursor-key"))


@cache
def delivery_cursors() -> Cursors:
    """Return the cursors of the list of deliveries."""
    return Cursors("webhooks/deliveries", key=lambda: secret_value("cursor-key"))


def prepare() -> None:
    """Make what requests need, before a snapshot is taken of the process."""
    webhook_service()
    delivery_queue()
    for service in ("secretsmanager", "sqs"):
        client(service)
