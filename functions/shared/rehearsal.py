"""Rehearsals: a release check calls a version before it gets traffic, and the call must leave no trace.

A rehearsal goes through the code of an ordinary call. Its transactions are evaluated by DynamoDB but never committed,
it sends nothing, and every other call that would change something on AWS fails.

The check calls the function itself, with the member `rehearsal` at the top of the event. Only a caller with the right
`lambda:InvokeFunction` can write it there: the load balancer, the queues and the streams build their events
themselves, and a request or a message is only a part of them. docs/decisions/0039 has the reasons.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

# The subject of the caller of rehearsed requests; it owns nothing.
SUBJECT = "release-check"
# The first words of the operations of AWS that change nothing.
READS = ("BatchGet", "Describe", "Get", "Head", "List", "Query", "Scan", "AdminGet")
TRANSACTION = "TransactWriteItems"
# `dynamodb.commit` adds a put of an item with such a key, on a condition that never holds.
NEVER_WRITTEN = "REHEARSAL#"


class LeavesTrace(Exception):
    """A rehearsal would have changed something on AWS; the text names the operation."""


class Rehearsal:
    """A rehearsal, with the scopes of the caller of a rehearsed request.

    No dataclass: every API imports this module, and making one takes a million instructions.
    """

    __slots__ = ("scopes",)

    def __init__(self, scopes: frozenset[str]) -> None:
        self.scopes = scopes


_current: ContextVar[Rehearsal | None] = ContextVar("rehearsal", default=None)
# Those of this process. A thread has context variables of its own, so it may not know that it works for a rehearsal; a
# function has one invocation at a time.
_running: list[Rehearsal] = []


def rehearsal_in(event: Mapping[str, Any]) -> Rehearsal | None:
    """Return the rehearsal that an event asks for; None for ordinary events, and for each from the load balancer."""
    asked = event.get("rehearsal")
    if asked is None or event.get("requestContext", {}).get("elb"):
        return None
    return Rehearsal(frozenset(asked.get("scopes", ())))


def current_rehearsal() -> Rehearsal | None:
    """Return the current rehearsal; None in ordinary work."""
    return _current.get()


@contextmanager
def rehearsing(rehearsal: Rehearsal | None) -> Iterator[None]:
    """Make a rehearsal the current one until the end of the block."""
    before = _current.set(rehearsal)
    running = [rehearsal] if rehearsal else []
    _running.extend(running)
    try:
        yield
    finally:
        del _running[len(_running) - len(running) :]
        _current.reset(before)


def guard_calls() -> None:
    """Let each client that is made from now on refuse calls that change something, in rehearsals."""
    from botocore import handlers  # noqa: PLC0415 - see aws/clients.py

    guard = ("before-call", _refuse_traces)
    if guard not in handlers.BUILTIN_HANDLERS:
        handlers.BUILTIN_HANDLERS.append(guard)


def refuse_trace(operation: str) -> None:
    """Refuse an operation that is not one of AWS, such as a request to a receiver, in a rehearsal.

    Raises:
        LeavesTrace: This is a rehearsal.
    """
    if _running:
        raise LeavesTrace(f"{operation} would leave a trace; see rehearsal.py.")


def _refuse_traces(model: Any, params: Mapping[str, Any], **_: Any) -> None:  # noqa: ANN401 - botocore's
    if not _running or model.name.startswith(READS):
        return
    if model.name != TRANSACTION or NEVER_WRITTEN not in str(params["body"]):
        refuse_trace(f"{model.service_model.service_name}:{model.name}")
