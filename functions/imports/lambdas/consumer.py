"""The consumer of imports: records uploaded files, and counts imported chunks."""

from functions.imports.wiring import import_service
from functions.shared.messaging.consumer import consumer_handler

handler = consumer_handler(import_service().consume)
