"""The relay: carries outbox items from a table's stream to the event bus.

What can go wrong, and what then happens:

- a record that is no event, or one that the manifest does not name, or an entry that the bus refuses for what it is: it
  is parked in a queue with the reason, and the rest goes on, for a record that is tried again for ever would block all
  that come after it;
- the bus throttles or fails for some entries: they are sent again with backoff; those that still fail in themselves
  while others passed are parked;
- the bus takes nothing, throttles on or is away altogether, or parking fails: the batch is reported as failed from its
  first open record on, and the stream delivers from there again. Consumers know an event that comes twice.

A record is parked in its turn, when all before it are published: parked earlier, it would be parked once more each time
the stream delivers again, for as long as the bus is away.
"""

import json
import random
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from functions.shared.correlation import Correlation, correlate
from functions.shared.messaging.dead_letters import Refused
from functions.shared.messaging.events import Event, MalformedEvent
from functions.shared.observability import count, log_as, logger

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
class Unpublishable:
    """A stream record that can never be published, why, and what led to it."""

    record: Mapping[str, Any]
    reason: str
    correlation: Correlation


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

    def unfit(self, reason: str) -> Unpublishable:
        """Return its record as one that the bus does not take."""
        return Unpublishable(record=self.record, reason=reason, correlation=self.correlation)


# What is done at a time: a call of the bus, or a record that is parked.
type Batch = Sequence[Entry] | Unpublishable


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
        start = _place(records[0])
        try:
            for turn in self._turns(records):
                start = _start(turn)
                if isinstance(turn, Unpublishable):
                    self._park(turn)
                else:
                    self._put(turn)
        except BusAway as error:
            logger.warning("the bus is away, the stream will deliver again", reason=str(error), start=start)
            return start
        return None

    def _turns(self, records: Sequence[Mapping[str, Any]]) -> Sequence[Batch]:
        """Return what is to be put and to be parked, each in the turn of its first record."""
        read = [self._read(record) for record in records]
        turns: list[Batch] = [each for each in read if isinstance(each, Unpublishable)]
        turns += calls([each for each in read if isinstance(each, Entry)])
        places = {_place(record): place for place, record in enumerate(records)}
        return sorted(turns, key=lambda turn: places[_start(turn)])

    def _read(self, record: Mapping[str, Any]) -> Entry | Unpublishable:
        try:
            return self._admitted(_entry(record))
        except Refused as error:
            return Unpublishable(record=record, reason=str(error), correlation=correlate())

    def _admitted(self, entry: Entry) -> Entry:
        """Return an event that the manifest names; what it does not name has no contract that anybody could know."""
        if f"{entry.source}/{entry.detail_type}" not in self._publishes:
            raise Undeclared(f"The manifest does not name {entry.source}/{entry.detail_type} under publishes.")
        return entry

    def _put(self, call: Sequence[Entry]) -> None:
        waiting, taken = list(call), 0
        codes: Sequence[str | None] = ()
        refused: list[Unpublishable] = []
        for attempt in range(ATTEMPTS):
            codes = self._bus.put(waiting)
            failed = [(entry, code) for entry, code in zip(waiting, codes, strict=True) if code]
            taken += len(waiting) - len(failed)
            count("EventsPublished", len(waiting) - len(failed))
            refused += [entry.unfit(f"The bus refused it: {code}.") for entry, code in failed if code not in _TRANSIENT]
            waiting = [entry for entry, code in failed if code in _TRANSIENT]
            if not waiting:
                break
            self._sleep(random.uniform(0, 0.1 * 2**attempt))  # noqa: S311 - spreads load, guards nothing
        if waiting and (not taken or _THROTTLED in codes):
            raise BusAway(f"It did not take {len(waiting)} of {len(call)} entries in {ATTEMPTS} attempts.")
        reason = f"The bus did not take it in {ATTEMPTS} attempts while it took others."
        for unfit in [*refused, *(entry.unfit(reason) for entry in waiting)]:
            self._park(unfit)

    def _park(self, unfit: Unpublishable) -> None:
        log_as(unfit.correlation)
        self._parking.park(unfit.record, reason=unfit.reason)
        count("EventsParked")
        logger.error("event parked", reason=unfit.reason, sequence_number=_place(unfit.record))


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


def _place(record: Mapping[str, Any]) -> str:
    return str(record["dynamodb"]["SequenceNumber"])


def _start(turn: Batch) -> str:
    return _place(turn.record) if isinstance(turn, Unpublishable) else turn[0].sequence_number


def _entry(record: Mapping[str, Any]) -> Entry:
    try:
        detail = record["dynamodb"]["NewImage"]["envelope"]["S"]
        event = Event.from_envelope(json.loads(detail))
        entry = Entry(
            source=event.source,
            detail_type=event.type,
            detail=detail,
            sequence_number=_place(record),
            record=record,
            correlation=event.correlation,
        )
        size_bytes = entry.size_bytes
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        # JSON that is nested too deeply, and text that is none, half a surrogate pair, are no envelope either.
        raise MalformedEvent(f"The outbox item holds no envelope: {error!r}.") from error
    log_as(event.correlation)
    logger.debug("event read", event_id=event.event_id, event_type=event.type)
    if size_bytes > BYTES_A_CALL:
        raise MalformedEvent(f"The event has {size_bytes} bytes; the bus takes {BYTES_A_CALL}.")
    return entry
