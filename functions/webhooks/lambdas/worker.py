"""The worker of webhooks: attempts deliveries, and continues the dispatch of events that many webhooks receive."""

from functions.shared.messaging.worker import worker_handler
from functions.webhooks.wiring import worker

handler = worker_handler(worker())
