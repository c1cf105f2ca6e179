"""The consumer of imports: learns of files, and counts the chunks that were taken over."""

from collections.abc import Callable, Mapping
from typing import Any

from functions.imports.wiring import import_service
from functions.shared.aws.backoff import time_left_s_of
from functions.shared.messaging.consumer import consumer_handler
from functions.shared.messaging.events import Event

# What is kept for the answer and the logs.
MARGIN_S = 2.0


def handler(event: dict[str, Any], context: Any) -> Mapping[str, Any]:  # noqa: ANN401 - the Lambda context
    """Take the events that a batch of messages tells of."""
    left_s = time_left_s_of(context)
    take = consumer_handler(lambda one: _take(one, left_s=lambda: left_s() - MARGIN_S))
    return take(event, context)


def _take(event: Event, *, left_s: Callable[[], float]) -> None:
    if event.source == "files":
        import_service().keep_file(event)
    else:
        import_service().count(event, left_s=left_s)
