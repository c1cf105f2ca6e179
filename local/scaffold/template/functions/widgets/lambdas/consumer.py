"""The consumer of widgets: confirms new widgets."""

from functions.shared.messaging.consumer import consumer_handler
from functions.widgets.wiring import widget_service

handler = consumer_handler(widget_service().confirm)
