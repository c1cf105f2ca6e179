"""The recorder of operations: keeps the events of deployments, and derives the records."""

from functions.operations.facts import RawEvent
from functions.operations.wiring import recorder
from functions.shared.messaging.delivered_event import delivered_event_handler

handler = delivered_event_handler(lambda delivered: recorder().record(RawEvent.of(delivered)))
