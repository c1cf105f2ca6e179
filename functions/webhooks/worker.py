"""The worker of webhooks: makes the attempts of deliveries."""

from datetime import timedelta

from functions.shared.settings import setting_value
from functions.shared.work import worker_handler
from functions.webhooks.delivering import Deliverer, Policy
from functions.webhooks.delivery_repository import DeliveryRepository
from functions.webhooks.repository import WebhookRepository
from functions.webhooks.sender import HttpSender
from functions.webhooks.stores import Stores
from functions.webhooks.wiring import delivery_queue, secret_box

deliverer = Deliverer(
    stores=Stores(webhooks=WebhookRepository(), deliveries=DeliveryRepository()),
    tasks=delivery_queue(),
    secrets=secret_box(),
    sender=HttpSender(
        connect_timeout_s=setting_value("connect_timeout_s"),
        timeout_s=setting_value("attempt_timeout_s"),
        loopback=setting_value("loopback_targets"),
    ),
    policy=Policy(
        delays_s=setting_value("retry_delays_s"),
        disabled_after=timedelta(seconds=setting_value("disabled_after_s")),
    ),
)
handler = worker_handler(deliverer.work)
