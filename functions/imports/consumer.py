"""The consumer of imports: learns of files, and counts the chunks that were taken over."""

from functions.imports.wiring import import_service
from functions.shared.consumer import consumer_handler
from functions.shared.events import Event


def _take(event: Event) -> None:
    if event.source == "files":
        import_service().keep_file(event)
    else:
        import_service().count(event)


handler = consumer_handler(_take)
