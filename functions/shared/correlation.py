"""The request id and the trace of the current work, passed on from the gateway to the last consumer."""

import re
import secrets
from contextvars import ContextVar
from dataclasses import dataclass

# The form of the gateway's ids. Any other id is replaced, so that no log line contains text that a caller made up.
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
    """Use the ids of a request or an event from now on; make new ones if they are missing or malformed."""
    correlation = Correlation(
        request_id=request_id if request_id and _REQUEST_ID.fullmatch(request_id) else secrets.token_hex(16),
        traceparent=traceparent
        if traceparent and _TRACEPARENT.fullmatch(traceparent)
        else f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-00",
    )
    _current.set(correlation)
    return correlation


def current() -> Correlation:
    """Return the ids of the current work, or new ones if there is none."""
    return _current.get() or correlate()
