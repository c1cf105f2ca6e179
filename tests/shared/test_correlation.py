import pytest

from functions.shared.correlation import correlate, current

TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def test_what_came_with_the_request_is_taken_over() -> None:
    correlation = correlate(request_id="request-1", traceparent=TRACEPARENT)

    assert (correlation.request_id, correlation.traceparent) == ("request-1", TRACEPARENT)
    assert correlation.trace_id == "4bf92f3577b34da6a3ce929d0e0e4736"
    assert current() == correlation


@pytest.mark.parametrize("request_id", [None, "", "a b", "a\nb", "x" * 129, "é"])
def test_a_request_id_of_another_form_is_replaced(request_id: str | None) -> None:
    assert correlate(request_id=request_id).request_id != request_id


@pytest.mark.parametrize("traceparent", [None, "", "00-x-y-01", TRACEPARENT.upper(), f"{TRACEPARENT}-more"])
def test_a_traceparent_of_another_form_is_replaced(traceparent: str | None) -> None:
    replaced = correlate(traceparent=traceparent).traceparent

    assert replaced != traceparent
    assert correlate(traceparent=replaced).traceparent == replaced
