"""The identity of the work in hand: the request's id and its trace, carried from the gateway to the last consumer."""

import re
import secrets
from contextvars import ContextVar
from dataclasses import dataclass

# The gateway sends ids of this form. Anything else is replaced: no log line holds what a caller made up.
_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")
# https://www.w3.org/TR/trace-context/#traceparent-header
_TRACEPARENT = re.compile(r"00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Correlation:
    """A request id (at most 128 characters) and a W3C `traceparent`."""

    request_id: str
    traceparent: str

    @property
    def trace_id(self) -> str:
        """The 32 hexadecimal digits that all spans of a trace share."""
        return self.traceparent[3:35]


_current: ContextVar[Correlation | None] = ContextVar("correlation", default=None)


def correlate(*, request_id: str | None = None, traceparent: str | None = None) -> Correlation:
    """Take over the identity that came with a request or an event, or make what is missing or malformed."""
    correlation = Correlation(
        request_id=request_id if request_id and _REQUEST_ID.fullmatch(request_id) else secrets.token_hex(16),
        traceparent=traceparent
        if traceparent and _TRACEPARENT.fullmatch(traceparent)
        else f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-00",
    )
    _current.set(correlation)
    return correlation


def current() -> Correlation:
    """Return the identity of the work in hand; outside of any, a new one."""
    return _current.get() or correlate()
