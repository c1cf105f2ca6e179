"""The recorder of operations: events of deployments become records, and changes of alarms become incidents."""

from collections.abc import Mapping
from typing import Any

from functions.operations.facts import RawEvent
from functions.operations.incidents.alarm_events import SOURCE, change_of
from functions.operations.wiring import incident_recorder, recorder
from functions.shared.messaging.delivered_event import delivered_event_handler
from functions.shared.observability import write_metrics
from functions.shared.rehearsal import current_rehearsal


def record(delivered: Mapping[str, Any]) -> None:
    """Keep an event of a deployment and derive the records, or bring the incidents up to date."""
    if delivered["source"] == SOURCE:
        if change := change_of(delivered):
            incident_recorder().record(change)
        return
    ended = recorder().record(RawEvent.of(delivered))
    if ended and not current_rehearsal():
        write_metrics(ended.values, at=ended.at, service=ended.service)


handler = delivered_event_handler(record)
