"""The finisher of imports: writes rejects files, and empties the chunks of cancelled imports."""

from functions.imports.finishing import ImportFinisher
from functions.imports.wiring import import_objects, import_service, import_store
from functions.shared.messaging.consumer import consumer_handler

handler = consumer_handler(ImportFinisher(import_store(), import_objects(), import_service()).consume)
