"""The consumer of activity: stores every domain event."""

from functions.activity.wiring import activity_service
from functions.shared.messaging.consumer import consumer_handler

handler = consumer_handler(activity_service().record)
