"""The current Lambda invocation: its context, and the time until Lambda ends it."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol


class LambdaContext(Protocol):
    """The part of Lambda's context object that is used here."""

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds until Lambda ends the invocation."""


_current: ContextVar[LambdaContext | None] = ContextVar("invocation", default=None)


@contextmanager
def invocation(context: LambdaContext | None) -> Iterator[None]:
    """Make a Lambda context the current one; threads see it if they run in a copy of the context variables."""
    before = _current.set(context)
    try:
        yield
    finally:
        _current.reset(before)


def lambda_context() -> LambdaContext | None:
    """Return the current Lambda context; None outside of an invocation."""
    return _current.get()


def time_left_s() -> float:
    """Return the seconds until Lambda ends the invocation; infinity outside of one."""
    context = _current.get()
    return context.get_remaining_time_in_millis() / 1000 if context else math.inf
