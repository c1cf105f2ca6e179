import json

import pytest

from functions.shared.correlation import correlate
from functions.shared.messaging.events import Event, MalformedEvent


def make_event() -> Event:
    return Event(type="UserCreated.v1", source="users", subject="users/1", sequence=1, data={"active": True})


def test_an_event_carries_the_identity_of_the_request_that_led_to_it() -> None:
    correlation = correlate(request_id="request-1")

    envelope = make_event().envelope()

    assert envelope["correlationid"] == "request-1"
    assert envelope["traceparent"] == correlation.traceparent


def test_an_envelope_is_read_back_as_it_was_written() -> None:
    event = make_event()

    assert Event.from_envelope(json.loads(event.to_json())).envelope() == event.envelope()


@pytest.mark.parametrize(
    "member", ["id", "type", "source", "subject", "sequence", "time", "data", "correlationid", "traceparent"]
)
def test_an_envelope_without_a_member_is_malformed_and_the_error_names_it(member: str) -> None:
    envelope = make_event().envelope()
    del envelope[member]

    with pytest.raises(MalformedEvent, match=member):
        Event.from_envelope(envelope)


@pytest.mark.parametrize(
    ("member", "value"),
    [("sequence", "first"), ("sequence", float("inf")), ("time", "noon"), ("data", 7), ("time", None)],
)
def test_an_envelope_with_a_member_of_another_kind_is_malformed(member: str, value: object) -> None:
    with pytest.raises(MalformedEvent):
        Event.from_envelope(make_event().envelope() | {member: value})
