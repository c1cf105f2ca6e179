"""The recorder of operations: keeps the events of deployments, and derives the records."""

from collections.abc import Mapping
from typing import Any

from functions.operations.facts import RawEvent
from functions.operations.wiring import recorder
from functions.shared.messaging.delivered_event import delivered_event_handler
from functions.shared.observability import write_metrics
from functions.shared.rehearsal import current_rehearsal


def _record(delivered: Mapping[str, Any]) -> None:
    ended = recorder().record(RawEvent.of(delivered))
    if ended and not current_rehearsal():
        write_metrics(ended.values, at=ended.at, service=ended.service)


handler = delivered_event_handler(_record)
