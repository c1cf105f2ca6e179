"""The function that brings imports to their end."""

from functions.imports.finisher import Finisher
from functions.imports.wiring import import_objects, import_service, import_store
from functions.shared.consumer import consumer_handler
from functions.shared.events import Event


def _go_on(event: Event) -> None:
    Finisher(import_store(), import_objects(), import_service()).go_on(event)


handler = consumer_handler(_go_on)
