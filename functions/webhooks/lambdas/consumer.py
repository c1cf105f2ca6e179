"""The consumer of webhooks: dispatches every event to the webhooks that receive it."""

from functions.shared.messaging.consumer import consumer_handler
from functions.webhooks.wiring import dispatcher

handler = consumer_handler(dispatcher().dispatch)
