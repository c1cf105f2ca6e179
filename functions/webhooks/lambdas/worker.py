"""The worker of webhooks: makes the attempts of deliveries, and the deliveries of events that many want."""

from datetime import timedelta

from functions.shared.aws.settings import setting_value
from functions.shared.messaging.work_queue import Task
from functions.shared.messaging.worker import worker_handler
from functions.webhooks.delivering import Deliverer, Policy
from functions.webhooks.delivery_repository import DeliveryRepository
from functions.webhooks.dispatching import Dispatcher
from functions.webhooks.repository import WebhookRepository
from functions.webhooks.sender import HttpSender
from functions.webhooks.stores import Stores
from functions.webhooks.tasks import Rest
from functions.webhooks.wiring import delivery_queue, secret_box

stores = Stores(webhooks=WebhookRepository(), deliveries=DeliveryRepository())
dispatcher = Dispatcher(stores=stores, tasks=delivery_queue(), at_once=setting_value("deliveries_at_once"))
deliverer = Deliverer(
    stores=stores,
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
        # A receiver that is asked now and then fails on as long as the deliveries follow one another.
        forgotten_after=timedelta(seconds=sum(setting_value("retry_delays_s"))),
    ),
)


def _work(task: Task) -> None:
    if "after" in task.content:
        dispatcher.go_on(Rest(**task.content))
    else:
        deliverer.work(task)


handler = worker_handler(_work)
