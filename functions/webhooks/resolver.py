"""Name resolution with a timeout."""

import socket
import threading
from collections.abc import Callable
from ipaddress import ip_address
from queue import Empty, SimpleQueue
from typing import Any

from functions.webhooks.targets import Address


class UnknownHost(Exception):
    """The name resolves to no address, or the resolver did not answer in time."""


def resolve(
    host: str, *, timeout_s: float, getaddrinfo: Callable[..., list[Any]] = socket.getaddrinfo
) -> list[Address]:
    """Return all addresses of a host, in the order of preference.

    Raises:
        UnknownHost: The host has none, or the resolver did not answer in time.
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

    # The C library's resolver has no timeout for a call: a thread that is too slow is abandoned.
    threading.Thread(target=look_up, daemon=True).start()
    try:
        answer = answers.get(timeout=timeout_s)
    except Empty as error:
        raise UnknownHost(f"The name was not resolved in {timeout_s} s.") from error
    if isinstance(answer, OSError) or not answer:
        raise UnknownHost("The name resolves to no address.")
    return answer
