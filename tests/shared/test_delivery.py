"""From outbox to inbox under random failures: no event is lost, and none takes effect twice.

That a late event undoes nothing is the consumer's own doing: see `tests/activity/test_store.py`.
"""

import json
import random
from collections.abc import Mapping, Sequence
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from functions.shared.correlation import correlate
from functions.shared.messaging.consumer import consumer_handler
from functions.shared.messaging.events import Event
from functions.shared.messaging.inbox import AlreadySeen
from functions.shared.messaging.relay import BusAway, Entry, Relay
from tests.lambda_client import LambdaContext
from tests.shared.messaging.records import FakeParking

CODES = [None, None, None, "ThrottlingException", "InternalFailure", "MalformedDetail"]
USER_ID = "01938b2e-7c4a-7d3f-9a51-4f0c2b6d8e10"
TYPES = {"users/UserUpdated.v1"}


class UnreliableBus:
    """A bus that randomly accepts, rejects, throttles or is unavailable, and recovers after a while."""

    def __init__(self, chance: random.Random, *, troubles: int) -> None:
        self.taken: list[Entry] = []
        self._chance = chance
        self._troubles = troubles

    def put(self, entries: Sequence[Entry]) -> Sequence[str | None]:
        self._troubles -= 1
        codes = [self._chance.choice(CODES) if self._troubles > 0 else None for _ in entries]
        if self._troubles > 0 and self._chance.random() < 0.2:
            # The bus keeps the entries that it accepted before the connection broke.
            self._take(entries, codes)
            raise BusAway("no network")
        self._take(entries, codes)
        return codes

    def _take(self, entries: Sequence[Entry], codes: Sequence[str | None]) -> None:
        self.taken += [entry for entry, code in zip(entries, codes, strict=True) if code is None]


class Effect:
    """An effect with an inbox; it fails randomly, before it writes anything."""

    def __init__(self, chance: random.Random) -> None:
        self.effects: list[str] = []
        self._chance = chance

    def __call__(self, event: Event) -> None:
        if self._chance.random() < 0.2:
            raise OSError("away")
        if event.event_id in self.effects:
            raise AlreadySeen
        self.effects.append(event.event_id)


def events_of(counts: Sequence[int]) -> list[Event]:
    return [
        Event(
            type="UserUpdated.v1",
            source="users",
            subject=f"users/{subject}",
            sequence=sequence,
            data={"user_id": USER_ID, "active": True, "changed": ["name"]},
            correlation=correlate(),
        )
        for subject, count in enumerate(counts)
        for sequence in range(1, count + 1)
    ]


def stream_of(events: Sequence[Event]) -> list[dict[str, Any]]:
    return [
        {"dynamodb": {"SequenceNumber": str(number), "NewImage": {"envelope": {"S": event.to_json()}}}}
        for number, event in enumerate(events)
    ]


def relayed(stream: list[dict[str, Any]], bus: UnreliableBus, parking: FakeParking) -> None:
    """Deliver a batch again from the place that the relay returns, as a stream does."""
    relay = Relay(bus=bus, parking=parking, publishes=TYPES, sleep=lambda _: None)
    start: str | None = "0"
    while start is not None:
        start = relay.publish(stream[int(start) :])


def delivered(messages: list[Mapping[str, Any]], effect: Effect, chance: random.Random) -> None:
    """Deliver messages in batches and in any order until each succeeds, as a queue does."""
    handler = consumer_handler(effect)
    waiting = messages
    while waiting:
        chance.shuffle(waiting)
        batch, waiting = waiting[:10], waiting[10:]
        answer = handler({"Records": batch}, LambdaContext())
        failed = {failure["itemIdentifier"] for failure in answer["batchItemFailures"]}
        waiting += [message for message in batch if message["messageId"] in failed]


@given(
    counts=st.lists(st.integers(1, 6), min_size=1, max_size=8),
    troubles=st.integers(0, 12),
    chance=st.randoms(use_true_random=True),
)
def test_each_event_is_published_or_parked_and_takes_effect_once(
    counts: list[int], troubles: int, chance: random.Random
) -> None:
    events = events_of(counts)
    bus, parking, effect = UnreliableBus(chance, troubles=troubles), FakeParking(), Effect(chance)

    relayed(stream_of(events), bus, parking)

    published = {json.loads(entry.detail)["id"] for entry in bus.taken}
    parked = {events[int(number)].event_id for number in parking.parked}
    assert published | parked == {event.event_id for event in events}

    twice = [*bus.taken, *(entry for entry in bus.taken if chance.random() < 0.5)]
    messages: list[Mapping[str, Any]] = [
        {
            "messageId": str(number),
            "body": json.dumps({"detail": json.loads(entry.detail)}),
            "attributes": {},
            "eventSource": "aws:sqs",
        }
        for number, entry in enumerate(twice)
    ]
    delivered(messages, effect, chance)

    assert sorted(effect.effects) == sorted(published)
