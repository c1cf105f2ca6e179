"""The consumer of webhooks: every event becomes a delivery for each webhook that wants it."""

from functions.shared.aws.settings import setting_value
from functions.shared.messaging.consumer import consumer_handler
from functions.webhooks.delivery_repository import DeliveryRepository
from functions.webhooks.dispatching import Dispatcher
from functions.webhooks.repository import WebhookRepository
from functions.webhooks.stores import Stores
from functions.webhooks.wiring import delivery_queue

handler = consumer_handler(
    Dispatcher(
        stores=Stores(webhooks=WebhookRepository(), deliveries=DeliveryRepository()),
        tasks=delivery_queue(),
        at_once=setting_value("deliveries_at_once"),
    ).dispatch
)
