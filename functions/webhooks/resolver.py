"""Names to addresses, in bounded time."""

import socket
import threading
from collections.abc import Callable
from ipaddress import ip_address
from queue import Empty, SimpleQueue
from typing import Any, Protocol

from functions.webhooks.targets import Address


class UnknownHost(Exception):
    """The name resolves to nothing, or nobody said so in time."""


class Resolve(Protocol):
    """Looks a host up."""

    def __call__(self, host: str, *, timeout_s: float) -> list[Address]:
        """Return its addresses; see `resolve`."""


def resolve(
    host: str, *, timeout_s: float, getaddrinfo: Callable[..., list[Any]] = socket.getaddrinfo
) -> list[Address]:
    """Return all addresses of a host, in the order to try them in.

    Raises:
        UnknownHost: There are none, or the resolver did not answer in time.
    """
    answers: SimpleQueue[list[Address] | OSError] = SimpleQueue()

    def look_up() -> None:
        try:
            found = getaddrinfo(host, None, type=socket.SOCK_STREAM)
            answers.put([ip_address(address[0]) for *_, address in found])
        except OSError as error:
            answers.put(error)
        except ValueError as error:
            answers.put(OSError(str(error)))

    # The C library's resolver cannot be told how long it may take: who takes too long is left behind.
    threading.Thread(target=look_up, daemon=True).start()
    try:
        answer = answers.get(timeout=timeout_s)
    except Empty as error:
        raise UnknownHost(f"Its name was not resolved in {timeout_s} s.") from error
    if isinstance(answer, OSError) or not answer:
        raise UnknownHost("Its name resolves to no address.")
    return answer
