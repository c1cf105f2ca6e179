"""The relay on AWS: the bus on EventBridge, the parking queue on SQS, and the Lambda handler over both."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from functions.shared.aws.clients import client
from functions.shared.aws.settings import setting
from functions.shared.messaging.relay import BYTES_A_CALL, BusAway, Entry, Relay
from functions.shared.observability import drop_metrics, flush_metrics
from functions.shared.rehearsal import rehearsal_in


class EventBridgeBus:
    """The bus on Amazon EventBridge."""

    def __init__(self, name: str, *, events: Any) -> None:  # noqa: ANN401 - a botocore client
        self._name = name
        self._events = events

    def put(self, entries: Sequence[Entry]) -> Sequence[str | None]:
        """See `Bus.put`."""
        try:
            answer = self._events.put_events(
                Entries=[
                    {
                        "EventBusName": self._name,
                        "Source": entry.source,
                        "DetailType": entry.detail_type,
                        "Detail": entry.detail,
                    }
                    for entry in entries
                ]
            )
        except (BotoCoreError, ClientError) as error:
            raise BusAway(f"PutEvents failed: {error}") from error
        if not answer["FailedEntryCount"]:
            return [None] * len(entries)
        return [result.get("ErrorCode") for result in answer["Entries"]]


class ParkingQueue:
    """The parking on Amazon SQS."""

    def __init__(self, url: str, *, sqs: Any) -> None:  # noqa: ANN401 - a botocore client
        self._url = url
        self._sqs = sqs

    def park(self, record: Mapping[str, Any], *, reason: str) -> None:
        """See `Parking.park`."""
        body = json.dumps({"reason": reason, "record": record}, default=str)
        if len(body.encode()) > BYTES_A_CALL:
            # The item stays in the table and can be found by its key.
            body = json.dumps({"reason": reason, "keys": record["dynamodb"].get("Keys")})
        try:
            self._sqs.send_message(QueueUrl=self._url, MessageBody=body)
        except (BotoCoreError, ClientError) as error:
            raise BusAway(f"SendMessage to the parking queue failed: {error}") from error


class RehearsedBus:
    """The bus and the parking of a rehearsal: accepts every entry and publishes none, and parks nothing."""

    def put(self, entries: Sequence[Entry]) -> Sequence[str | None]:
        """See `Bus.put`."""
        return [None] * len(entries)

    def park(self, record: Mapping[str, Any], *, reason: str) -> None:  # noqa: ARG002 - of the protocol
        """See `Parking.park`: always fails, so that the relay reports the record."""
        raise BusAway(f"The relay would park a rehearsed event: {reason}")


def relay_handler() -> Callable[[Mapping[str, Any], Any], dict[str, Any]]:
    """Return the Lambda handler of a service's relay."""
    publishes = frozenset(setting("PUBLISHES").split(","))
    relay = Relay(
        bus=EventBridgeBus(setting("BUS_NAME"), events=client("events")),
        parking=ParkingQueue(setting("PARKED_QUEUE_URL"), sqs=client("sqs")),
        publishes=publishes,
    )
    rehearsed = Relay(bus=RehearsedBus(), parking=RehearsedBus(), publishes=publishes)

    def handler(event: Mapping[str, Any], _: Any) -> dict[str, Any]:  # noqa: ANN401 - the Lambda context
        rehearsal = rehearsal_in(event)
        start = (rehearsed if rehearsal else relay).publish(event["Records"]) if event["Records"] else None
        (drop_metrics if rehearsal else flush_metrics)()
        # https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html
        return {"batchItemFailures": [{"itemIdentifier": start}] if start else []}

    return handler
