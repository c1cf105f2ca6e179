import io
import itertools
import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.shared.correlation import correlate, current
from functions.shared.messaging.events import Event
from functions.shared.messaging.relay import BYTES_A_CALL, ENTRIES_A_CALL, BusAway, Entry, Relay, calls
from functions.shared.observability import flush_metrics
from tests.shared.messaging.records import FakeParking, record


class FakeBus:
    """The bus in memory; `answers` has the error codes of the next calls, after which all calls succeed."""

    def __init__(self, *answers: Sequence[str | None] | BusAway) -> None:
        self.answers = list(answers)
        self.calls: list[Sequence[Entry]] = []
        self.published: list[str] = []

    def put(self, entries: Sequence[Entry]) -> Sequence[str | None]:
        self.calls.append(entries)
        answer = self.answers.pop(0) if self.answers else [None] * len(entries)
        if isinstance(answer, BusAway):
            raise answer
        self.published += [entry.sequence_number for entry, code in zip(entries, answer, strict=True) if code is None]
        return answer


def relay(bus: FakeBus, parking: FakeParking | None = None) -> Relay:
    return Relay(bus=bus, parking=parking or FakeParking(), publishes={"users/UserCreated.v1"}, sleep=lambda _: None)


def test_every_event_is_published_in_order_with_its_source_and_type() -> None:
    bus = FakeBus()

    start = relay(bus).publish([record(number) for number in range(1, 24)])

    assert start is None
    assert bus.published == [str(number) for number in range(1, 24)]
    entry = bus.calls[0][0]
    assert (entry.source, entry.detail_type) == ("users", "UserCreated.v1")
    assert json.loads(entry.detail)["subject"] == "users/1"


def test_an_entry_that_was_throttled_is_sent_again_alone() -> None:
    bus = FakeBus([None, "ThrottlingException", None])

    start = relay(bus).publish([record(1), record(2), record(3)])

    assert start is None
    assert sorted(bus.published) == ["1", "2", "3"]
    assert [entry.sequence_number for entry in bus.calls[1]] == ["2"]


def test_an_entry_that_the_bus_refuses_is_parked_and_the_rest_goes_on() -> None:
    bus, parking = FakeBus([None, "MalformedDetail", None]), FakeParking()

    start = relay(bus, parking).publish([record(1), record(2), record(3)])

    assert start is None
    assert bus.published == ["1", "3"]
    assert "MalformedDetail" in parking.parked["2"]


def test_an_entry_that_never_passes_while_others_do_is_parked() -> None:
    bus, parking = FakeBus([None, "InternalFailure"], *[["InternalFailure"]] * 10), FakeParking()

    start = relay(bus, parking).publish([record(1), record(2)])

    assert start is None
    assert bus.published == ["1"]
    assert list(parking.parked) == ["2"]


def test_what_is_throttled_on_waits_even_if_others_passed() -> None:
    bus, parking = FakeBus([None, "ThrottlingException"], *[["ThrottlingException"]] * 10), FakeParking()

    start = relay(bus, parking).publish([record(1), record(2)])

    assert start == "1"
    assert parking.parked == {}


# Nested more deeply than Python can parse.
NESTED = "[" * 100_000 + "]" * 100_000
HALF_A_PAIR = json.dumps({**json.loads(record(0)["dynamodb"]["NewImage"]["envelope"]["S"]), "source": "\ud800"})


@pytest.mark.parametrize(
    "envelope",
    ["", "no json", "{}", "[]", "7", '{"type": "X"}', NESTED, HALF_A_PAIR],
    ids=lambda envelope: envelope[:12] if envelope != HALF_A_PAIR else "half a surrogate pair",
)
def test_a_record_that_is_no_event_is_parked_and_blocks_nobody(envelope: str) -> None:
    bus, parking = FakeBus(), FakeParking()

    start = relay(bus, parking).publish([record(1), record(2, envelope=envelope), record(3)])

    assert start is None
    assert bus.published == ["1", "3"]
    assert list(parking.parked) == ["2"]


@pytest.mark.parametrize(("source", "event_type"), [("users", "UserErased.v1"), ("files", "UserCreated.v1")])
def test_an_event_that_the_manifest_does_not_name_is_parked_with_that_reason(source: str, event_type: str) -> None:
    bus, parking = FakeBus(), FakeParking()
    undeclared = Event(type=event_type, source=source, subject="users/1", sequence=1, data={}, correlation=correlate())

    start = relay(bus, parking).publish([record(1), record(2, envelope=undeclared.to_json()), record(3)])

    assert start is None
    assert bus.published == ["1", "3"]
    assert parking.parked["2"] == f"The manifest does not name {source}/{event_type} under publishes."


def test_an_event_too_large_for_the_bus_is_parked() -> None:
    bus, parking = FakeBus(), FakeParking()

    start = relay(bus, parking).publish([record(1, size=BYTES_A_CALL), record(2)])

    assert start is None
    assert bus.published == ["2"]
    assert str(BYTES_A_CALL) in parking.parked["1"]


def test_a_bus_that_is_away_makes_the_stream_deliver_again_from_what_is_open() -> None:
    bus = FakeBus([None] * ENTRIES_A_CALL, BusAway("no network"))

    start = relay(bus).publish([record(number) for number in range(1, 16)])

    assert start == "11"
    assert bus.published == [str(number) for number in range(1, 11)]


def test_a_bus_that_takes_nothing_at_all_is_away() -> None:
    bus, parking = FakeBus(*[["ThrottlingException", "ThrottlingException"]] * 10), FakeParking()

    start = relay(bus, parking).publish([record(1), record(2)])

    assert start == "1"
    assert parking.parked == {}


def test_a_bus_that_refuses_one_entry_and_takes_no_other_is_away() -> None:
    bus, parking = FakeBus(["MalformedDetail", "ThrottlingException"], *[["ThrottlingException"]] * 10), FakeParking()

    start = relay(bus, parking).publish([record(1), record(2)])

    assert start == "1"
    assert parking.parked == {}


def test_what_can_never_pass_is_parked_once_while_the_bus_is_away() -> None:
    records = [record(number, envelope="no json" if number in {1, 4, 14} else None) for number in range(1, 17)]
    bus = FakeBus(BusAway("no network"), BusAway("no network"), [None] * ENTRIES_A_CALL, BusAway("no network"))
    parking = FakeParking()

    starts = []
    start: str | None = "1"
    while start:
        start = relay(bus, parking).publish([each for each in records if int(_number(each)) >= int(start)])
        starts.append(start)

    assert starts == ["2", "2", "13", None]
    assert parking.order == ["1", "4", "14"]
    assert bus.published == [str(number) for number in range(1, 17) if number not in {1, 4, 14}]


def _number(record: Mapping[str, Any]) -> str:
    return str(record["dynamodb"]["SequenceNumber"])


def test_what_the_bus_refuses_is_parked_once_while_it_is_busy() -> None:
    busy = [["MalformedDetail", "ThrottlingException"], *[["ThrottlingException"]] * 3]
    bus, parking = FakeBus(*busy, *busy, ["MalformedDetail", None]), FakeParking()

    starts = [relay(bus, parking).publish([record(1), record(2)]) for _ in range(3)]

    assert starts == ["1", "1", None]
    assert parking.order == ["1"]
    assert bus.published == ["2"]


@pytest.mark.parametrize(
    ("bus", "envelope", "failed"),
    [(FakeBus(), None, 0), (FakeBus(), "no json", 1), (FakeBus(BusAway("away")), None, 1)],
)
def test_a_batch_fails_if_a_record_is_parked_or_the_bus_is_away(
    bus: FakeBus, envelope: str | None, failed: int, capsys: pytest.CaptureFixture[str]
) -> None:
    records = [record(1), record(2, envelope=envelope) if envelope else record(2)]

    flush_metrics()
    capsys.readouterr()
    publishing = relay(bus)
    for _ in range(2):
        publishing.publish(records)
        flush_metrics()

    first, second = [json.loads(line)["BatchesFailed"] for line in capsys.readouterr().out.splitlines()]
    assert first == [failed]
    # The bus is back, and the next batch is judged by itself.
    assert second == [1 if envelope else 0]


def test_what_is_parked_is_logged_under_the_request_that_led_to_it(log: io.StringIO) -> None:
    records = [record(1), record(2, envelope="no json"), record(3)]
    request_ids = [json.loads(each["dynamodb"]["NewImage"]["envelope"]["S"])["correlationid"] for each in records[::2]]

    relay(FakeBus(["MalformedDetail", None])).publish(records)

    refused, unread = [json.loads(line) for line in log.getvalue().splitlines()]
    assert unread["sequence_number"] == "2"
    assert unread["request_id"] not in request_ids
    assert (refused["sequence_number"], refused["request_id"]) == ("1", request_ids[0])


def test_what_cannot_be_parked_is_not_lost() -> None:
    start = relay(FakeBus(), FakeParking(away=True)).publish([record(1), record(2, envelope="no json"), record(3)])

    assert start == "2"


@given(st.lists(st.integers(min_value=0, max_value=BYTES_A_CALL // 3), max_size=60))
def test_calls_keep_the_order_and_the_limits(sizes: list[int]) -> None:
    entries = [
        Entry(
            source="s",
            detail_type="t",
            detail="x" * size,
            sequence_number=str(number),
            record={},
            correlation=current(),
        )
        for number, size in enumerate(sizes)
    ]

    cut = list(calls(entries))

    assert [entry for call in cut for entry in call] == entries
    assert all(len(call) <= ENTRIES_A_CALL for call in cut)
    assert all(sum(entry.size_bytes for entry in call) <= BYTES_A_CALL for call in cut)
    for call, following in itertools.pairwise(cut):
        together = sum(entry.size_bytes for entry in call) + following[0].size_bytes
        assert len(call) == ENTRIES_A_CALL or together > BYTES_A_CALL
