"""The function that brings imports to their end."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from functions.imports.finishing import ImportFinisher
from functions.imports.wiring import import_objects, import_service, import_store
from functions.shared.aws.backoff import time_left_s_of
from functions.shared.messaging.consumer import consumer_handler


@cache
def _finisher() -> ImportFinisher:
    return ImportFinisher(import_store(), import_objects(), import_service())


def handler(event: dict[str, Any], context: Any) -> Mapping[str, Any]:  # noqa: ANN401 - the Lambda context
    """Go on with the imports that a batch of messages tells of."""
    left_s = time_left_s_of(context)
    return consumer_handler(lambda one: _finisher().consume(one, left_s=left_s))(event, context)
