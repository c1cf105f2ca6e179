"""The relay: carries outbox items from a table's stream to the event bus.

What can go wrong, and what then happens:

- a record that is no event, or one that the manifest does not name, or an entry that the bus refuses for what it is: it
  is parked in a queue with the reason, and the rest goes on, for a record that is tried again for ever would block all
  that come after it;
- the bus throttles or fails for some entries: they are sent again with backoff; those that still fail in themselves
  while others passed are parked;
- the bus takes nothing, throttles on or is away altogether, or parking fails: the batch is reported as failed from its
  first open record on, and the stream delivers from there again. Consumers know an event that comes twice.
"""

import json
import random
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from functions.shared.correlation import Correlation, correlate
from functions.shared.events import Event, MalformedEvent
from functions.shared.observability import count, log_as, logger
from functions.shared.refusal import Refused

# https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
ENTRIES_A_CALL = 10
# https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html: all entries of a call together.
BYTES_A_CALL = 256 * 1024
ATTEMPTS = 4
_TIME_BYTES = 14
_THROTTLED = "ThrottlingException"
_TRANSIENT = frozenset({"InternalFailure", "InternalException", "ServiceUnavailable", _THROTTLED})


class BusAway(Exception):
    """The bus took none of a call's entries, or could not be reached."""


class Undeclared(Refused):
    """An event of a type, or from a source, that its service does not say it publishes."""


class Bus(Protocol):
    """Where events go."""

    def put(self, entries: Sequence["Entry"]) -> Sequence[str | None]:
        """Put at most `ENTRIES_A_CALL` entries; return, for each, None or the code of what was wrong.

        Raises:
            BusAway: The call itself failed.
        """


class Parking(Protocol):
    """Where what cannot be published is kept for a person."""

    def park(self, record: Mapping[str, Any], *, reason: str) -> None:
        """Keep a stream record with the reason.

        Raises:
            BusAway: It could not be kept.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An event on its way: what PutEvents needs of it, the stream record that it came in, and what led to it."""

    source: str
    detail_type: str
    detail: str
    sequence_number: str
    record: Mapping[str, Any]
    correlation: Correlation

    @property
    def size_bytes(self) -> int:
        """The size as EventBridge counts it.

        https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevent-size.html
        """
        return _TIME_BYTES + sum(len(part.encode()) for part in (self.source, self.detail_type, self.detail))


class Relay:
    """Publishes the outbox items of a batch of stream records."""

    def __init__(
        self, *, bus: Bus, parking: Parking, publishes: Collection[str], sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._bus = bus
        self._parking = parking
        self._publishes = publishes
        self._sleep = sleep

    def publish(self, records: Sequence[Mapping[str, Any]]) -> str | None:
        """Publish what the records carry.

        Returns:
            The sequence number to start again from, where the batch could not be finished.
        """
        start: str = records[0]["dynamodb"]["SequenceNumber"]
        try:
            entries = [entry for record in records if (entry := self._read(record))]
            for call in calls(entries):
                start = call[0].sequence_number
                self._put(call)
        except BusAway as error:
            logger.warning("the bus is away, the stream will deliver again", reason=str(error), start=start)
            return start
        return None

    def _read(self, record: Mapping[str, Any]) -> Entry | None:
        try:
            return self._admitted(_entry(record))
        except Refused as error:
            self._park(record, reason=str(error))
            return None

    def _admitted(self, entry: Entry) -> Entry:
        """Return an event that the manifest names; what it does not name has no contract that anybody could know."""
        if f"{entry.source}/{entry.detail_type}" not in self._publishes:
            raise Undeclared(f"The manifest does not name {entry.source}/{entry.detail_type} under publishes.")
        return entry

    def _put(self, call: Sequence[Entry]) -> None:
        waiting, taken = list(call), 0
        codes: Sequence[str | None] = ()
        for attempt in range(ATTEMPTS):
            codes = self._bus.put(waiting)
            failed = [(entry, code) for entry, code in zip(waiting, codes, strict=True) if code]
            taken += len(waiting) - len(failed)
            count("EventsPublished", len(waiting) - len(failed))
            for entry, code in failed:
                if code not in _TRANSIENT:
                    self._park(entry.record, reason=f"The bus refused it: {code}.", of=entry.correlation)
            waiting = [entry for entry, code in failed if code in _TRANSIENT]
            if not waiting:
                return
            self._sleep(random.uniform(0, 0.1 * 2**attempt))  # noqa: S311 - spreads load, guards nothing
        if not taken or _THROTTLED in codes:
            raise BusAway(f"It did not take {len(waiting)} of {len(call)} entries in {ATTEMPTS} attempts.")
        reason = f"The bus did not take it in {ATTEMPTS} attempts while it took others."
        for entry in waiting:
            self._park(entry.record, reason=reason, of=entry.correlation)

    def _park(self, record: Mapping[str, Any], *, reason: str, of: Correlation | None = None) -> None:
        log_as(of or correlate())
        self._parking.park(record, reason=reason)
        count("EventsParked")
        logger.error("event parked", reason=reason, sequence_number=record["dynamodb"]["SequenceNumber"])


def calls(entries: Sequence[Entry]) -> Iterator[Sequence[Entry]]:
    """Cut entries, in order, into calls of at most `ENTRIES_A_CALL` entries and `BYTES_A_CALL` bytes."""
    call: list[Entry] = []
    size = 0
    for entry in entries:
        if call and (len(call) == ENTRIES_A_CALL or size + entry.size_bytes > BYTES_A_CALL):
            yield call
            call, size = [], 0
        call.append(entry)
        size += entry.size_bytes
    if call:
        yield call


def _entry(record: Mapping[str, Any]) -> Entry:
    try:
        detail = record["dynamodb"]["NewImage"]["envelope"]["S"]
        event = Event.from_envelope(json.loads(detail))
    except (KeyError, TypeError, ValueError) as error:
        raise MalformedEvent(f"The outbox item holds no envelope: {error!r}.") from error
    log_as(event.correlation)
    logger.debug("event read", event_id=event.event_id, event_type=event.type)
    entry = Entry(
        source=event.source,
        detail_type=event.type,
        detail=detail,
        sequence_number=record["dynamodb"]["SequenceNumber"],
        record=record,
        correlation=event.correlation,
    )
    if entry.size_bytes > BYTES_A_CALL:
        raise MalformedEvent(f"The event has {entry.size_bytes} bytes; the bus takes {BYTES_A_CALL}.")
    return entry
