"""Calls of AWS for the parts of a page, several at once; a failed call leaves a problem in place of its part."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from typing import Any

from functions.console.domain import Part
from functions.shared.errors import ApiError, Unavailable
from functions.shared.observability import log_unexpected
from functions.shared.rehearsal import LeavesTrace

# botocore keeps ten connections of a client.
AT_ONCE = 10


@contextmanager
def translated_errors() -> Iterator[None]:
    """Turn the errors of a client of AWS into one that says which operation failed, and why.

    Raises:
        Unavailable: AWS refuses the call, or does not answer.
    """
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - see aws/clients.py

    try:
        yield
    except ClientError as error:
        raise Unavailable(f"{error.operation_name}: {error.response['Error']['Code']}") from error
    except BotoCoreError as error:
        raise Unavailable(f"AWS does not answer: {type(error).__name__}") from error
    except LeavesTrace as error:
        raise Unavailable("A rehearsal calls nothing that could change something.") from error


def part_of[T](read: Callable[[], T]) -> Part[T]:
    """Return what a function reads, or the problem."""
    try:
        return Part(value=read())
    except ApiError as error:
        log_unexpected("a part of a page has no data", error.__cause__ or error)
        return Part(value=None, problem=error.detail)


def all_at_once[K](reads: Mapping[K, Callable[[], Any]]) -> dict[K, Part[Any]]:
    """Return the parts that some functions read at the same time."""
    return dict(zip(reads, at_once(part_of, reads.values()), strict=True))


def at_once[A, B](call: Callable[[A], B], values: Iterable[A]) -> list[B]:
    """Call a function with each value, in threads that see the rehearsal and the ids of this request."""
    values = list(values)
    if not values:
        return []
    with ThreadPoolExecutor(max_workers=min(AT_ONCE, len(values))) as pool:
        running = [pool.submit(copy_context().run, call, value) for value in values]
        return [each.result() for each in running]
