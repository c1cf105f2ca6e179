"""Records of the table's stream, and the parking queue in memory."""

from collections.abc import Mapping
from typing import Any

from functions.shared.correlation import correlate
from functions.shared.messaging.events import Event
from functions.shared.messaging.relay import BusAway


class FakeParking:
    """The parking queue in memory."""

    def __init__(self, *, away: bool = False) -> None:
        self.parked: dict[str, str] = {}
        self.order: list[str] = []
        self._away = away

    def park(self, record: Mapping[str, Any], *, reason: str) -> None:
        if self._away:
            raise BusAway("no queue")
        self.parked[record["dynamodb"]["SequenceNumber"]] = reason
        self.order.append(record["dynamodb"]["SequenceNumber"])


def record(number: int, *, size: int = 0, envelope: str | None = None) -> dict[str, Any]:
    event = Event(
        type="UserCreated.v1",
        source="users",
        subject=f"users/{number}",
        sequence=1,
        data={"x": "x" * size},
        correlation=correlate(),
    )
    return {
        "eventName": "INSERT",
        "dynamodb": {
            "SequenceNumber": str(number),
            "Keys": {"pk": {"S": f"OUTBOX#{number}"}},
            "NewImage": {"envelope": {"S": event.to_json() if envelope is None else envelope}},
        },
    }
