"""The relay: publishes the outbox items of a table's stream on the event bus.

Failures:

- A record is not an event, the manifest does not name the event, or the bus rejects the entry as invalid: the relay
  parks the record in a queue with the reason and continues. Retrying it would block all records after it for ever.
- The bus throttles or fails for some entries: the relay retries them with backoff, and parks those that keep failing
  while others succeed.
- The bus accepts nothing, keeps throttling or is unavailable, or parking fails: the relay reports the batch as failed
  from the first open record on, and the stream delivers again from there. Consumers recognise an event that they have
  seen before.

The relay parks a record only after it has published all records before it. Otherwise it would park the record again
with each delivery of the stream while the bus is unavailable.
"""

import json
import random
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from functions.shared.correlation import Correlation, correlate
from functions.shared.interface.names import BATCHES_FAILED
from functions.shared.messaging.dead_letters import Refused
from functions.shared.messaging.events import Event, MalformedEvent
from functions.shared.observability import count, log_as, logger

# https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
ENTRIES_A_CALL = 10
# All entries of a call together: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html
BYTES_A_CALL = 256 * 1024
ATTEMPTS = 4
_TIME_BYTES = 14
_THROTTLED = "ThrottlingException"
_TRANSIENT = frozenset({"InternalFailure", "InternalException", "ServiceUnavailable", _THROTTLED})


class BusAway(Exception):
    """The bus accepted no entry of a call, or could not be reached."""


class Undeclared(Refused):
    """The manifest does not name the source and type of an event under `publishes`."""


class Bus(Protocol):
    """The event bus."""

    def put(self, entries: Sequence["Entry"]) -> Sequence[str | None]:
        """Publish at most `ENTRIES_A_CALL` entries; return the error code of each, None for success.

        Raises:
            BusAway: The call itself failed.
        """


class Parking(Protocol):
    """The store of records that cannot be published, for a person to look at."""

    def park(self, record: Mapping[str, Any], *, reason: str) -> None:
        """Store a stream record with the reason.

        Raises:
            BusAway: The record could not be stored.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Unpublishable:
    """A stream record that can never be published, with the reason and its correlation."""

    record: Mapping[str, Any]
    reason: str
    correlation: Correlation


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An event to publish: the members of a PutEvents entry, its stream record and its correlation."""

    source: str
    detail_type: str
    detail: str
    sequence_number: str
    record: Mapping[str, Any]
    correlation: Correlation

    @property
    def size_bytes(self) -> int:
        """The size by EventBridge's rules.

        https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevent-size.html
        """
        return _TIME_BYTES + sum(len(part.encode()) for part in (self.source, self.detail_type, self.detail))

    def unpublishable(self, reason: str) -> Unpublishable:
        """Return the record as one that the bus does not accept."""
        return Unpublishable(record=self.record, reason=reason, correlation=self.correlation)


# One step of the relay: the entries of one call of the bus, or a record to park.
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
        self._parked = 0

    def publish(self, records: Sequence[Mapping[str, Any]]) -> str | None:
        """Publish the events of the records.

        Returns:
            The sequence number to restart from; None if the batch is finished.
        """
        start: str | None = _place(records[0])
        self._parked = 0
        try:
            for batch in self._batches(records):
                start = _start(batch)
                if isinstance(batch, Unpublishable):
                    self._park(batch)
                else:
                    self._put(batch)
            start = None
        except BusAway as error:
            logger.warning("the bus is unavailable, the stream will deliver again", reason=str(error), start=start)
        count(BATCHES_FAILED, bool(self._parked or start))
        return start

    def _batches(self, records: Sequence[Mapping[str, Any]]) -> Sequence[Batch]:
        """Return the entries to publish and the records to park, in the order of their first records."""
        read = [self._read(record) for record in records]
        batches: list[Batch] = [each for each in read if isinstance(each, Unpublishable)]
        batches += calls([each for each in read if isinstance(each, Entry)])
        places = {_place(record): place for place, record in enumerate(records)}
        return sorted(batches, key=lambda batch: places[_start(batch)])

    def _read(self, record: Mapping[str, Any]) -> Entry | Unpublishable:
        try:
            return self._admitted(_entry(record))
        except Refused as error:
            return Unpublishable(record=record, reason=str(error), correlation=correlate())

    def _admitted(self, entry: Entry) -> Entry:
        """Return the entry if the manifest names its event; without that, the event has no published contract."""
        if f"{entry.source}/{entry.detail_type}" not in self._publishes:
            raise Undeclared(f"The manifest does not name {entry.source}/{entry.detail_type} under publishes.")
        return entry

    def _put(self, call: Sequence[Entry]) -> None:
        waiting, taken = list(call), 0
        codes: Sequence[str | None] = ()
        rejected: list[tuple[Entry, str]] = []
        for attempt in range(ATTEMPTS):
            codes = self._bus.put(waiting)
            failed = [(entry, code) for entry, code in zip(waiting, codes, strict=True) if code]
            taken += len(waiting) - len(failed)
            count("EventsPublished", len(waiting) - len(failed))
            rejected += [(entry, code) for entry, code in failed if code not in _TRANSIENT]
            waiting = [entry for entry, code in failed if code in _TRANSIENT]
            if not waiting:
                break
            self._sleep(random.uniform(0, 0.1 * 2**attempt))  # noqa: S311 - spreads load, guards nothing
        if waiting and (not taken or _THROTTLED in codes):
            raise BusAway(f"The bus did not accept {len(waiting)} of {len(call)} entries in {ATTEMPTS} attempts.")
        reason = f"The bus did not accept it in {ATTEMPTS} attempts while it accepted others."
        for entry, code in rejected:
            self._park(entry.unpublishable(f"The bus rejected it: {code}."))
        for entry in waiting:
            self._park(entry.unpublishable(reason))

    def _park(self, parked: Unpublishable) -> None:
        log_as(parked.correlation)
        self._parking.park(parked.record, reason=parked.reason)
        self._parked += 1
        count("EventsParked")
        logger.error("event parked", reason=parked.reason, sequence_number=_place(parked.record))


def calls(entries: Sequence[Entry]) -> Iterator[Sequence[Entry]]:
    """Split entries, in order, into calls of at most `ENTRIES_A_CALL` entries and `BYTES_A_CALL` bytes."""
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


def _start(batch: Batch) -> str:
    return _place(batch.record) if isinstance(batch, Unpublishable) else batch[0].sequence_number


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
        # This includes JSON that is nested too deeply, and text with half a surrogate pair.
        raise MalformedEvent(f"The outbox item has no envelope: {error!r}.") from error
    log_as(event.correlation)
    logger.debug("event read", event_id=event.event_id, event_type=event.type)
    if size_bytes > BYTES_A_CALL:
        raise MalformedEvent(f"The event has {size_bytes} bytes; the bus accepts at most {BYTES_A_CALL}.")
    return entry
