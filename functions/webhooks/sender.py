"""One attempt: a POST to the very address that was checked, in bounded time, without following anything.

Each step counts against one deadline: resolution, connection, handshake, request, and the head of the answer. The
answer's body is not read: it is the receiver's, who may write into it what is theirs alone.
"""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cached_property
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException

from functions.webhooks.deliveries import Failure
from functions.webhooks.errors import RefusedTarget
from functions.webhooks.resolver import Resolve, UnknownHost, resolve
from functions.webhooks.targets import Address, Target, check_address, target_of

USER_AGENT = "platform-webhooks/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of an attempt; see `Attempt`."""

    status: int | None = None
    failure: Failure | None = None
    retry_after: str | None = None


class HttpSender:
    """Calls receivers.

    Args:
        connect_timeout_s: For the connection to one address.
        timeout_s: For all of an attempt.
        loopback: Receivers on this machine are allowed.
        look_up: Resolves names.
        make_tls: Makes what verifies certificates.
    """

    def __init__(
        self,
        *,
        connect_timeout_s: float,
        timeout_s: float,
        loopback: bool,
        look_up: Resolve = resolve,
        make_tls: Callable[[], ssl.SSLContext] = ssl.create_default_context,
    ) -> None:
        self._connect_timeout_s = connect_timeout_s
        self._timeout_s = timeout_s
        self._loopback = loopback
        self._look_up = look_up
        self._make_tls = make_tls

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Outcome:
        """Send one POST; every failure of the receiver is an outcome, none an exception."""
        deadline = time.monotonic() + self._timeout_s
        try:
            target = target_of(url, loopback=self._loopback)
            addresses = self._look_up(target.host, timeout_s=self._timeout_s)
            # One bad address is enough: who names good and bad ones at once means the bad one.
            for address in addresses:
                check_address(address, loopback=self._loopback)
            return self._exchange(target, addresses, body, headers, deadline=deadline)
        except (RefusedTarget, UnknownHost, OSError, HTTPException, ValueError) as error:
            return Outcome(failure=_failure(error, late=time.monotonic() >= deadline))

    def _exchange(
        self, target: Target, addresses: list[Address], body: bytes, headers: Mapping[str, str], *, deadline: float
    ) -> Outcome:
        connected = self._connect(target, addresses, deadline)
        if target.scheme == "https":
            # SNI and the certificate are the name's, the connection is the address's.
            connected = self._tls.wrap_socket(connected, server_hostname=target.host, do_handshake_on_connect=False)
        with closing(connected), _ending(connected, deadline):
            if isinstance(connected, ssl.SSLSocket):
                connected.do_handshake()
            connection = HTTPConnection(target.host, target.port)
            connection.sock = connected
            sent = {"Host": target.authority, "User-Agent": USER_AGENT, "Connection": "close", **headers}
            connection.request("POST", target.path, body=body, headers=sent)
            with closing(connection.getresponse()) as answer:
                # Ended in the middle of its headers, an answer looks like a short one.
                if time.monotonic() >= deadline:
                    raise TimeoutError
                return _outcome(answer.status, answer.getheader("Retry-After"))

    def _connect(self, target: Target, addresses: list[Address], deadline: float) -> socket.socket:
        refused: OSError = ConnectionRefusedError()
        for address in addresses:
            left_s = min(self._connect_timeout_s, deadline - time.monotonic())
            if left_s <= 0:
                raise TimeoutError
            try:
                connected = socket.create_connection((str(address), target.port), timeout=left_s)
            except OSError as error:
                refused = error
                continue
            connected.settimeout(max(deadline - time.monotonic(), 0.001))
            return connected
        if isinstance(refused, TimeoutError):
            raise refused
        raise ConnectionRefusedError from refused

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        return self._make_tls()


def _failure(error: Exception, *, late: bool) -> Failure:
    # A connection that is ended at the deadline fails in many ways; a certificate is wrong at any time.
    timed_out = late and not isinstance(error, ssl.SSLCertVerificationError)
    match error:
        case RefusedTarget():
            return "refused-target"
        case UnknownHost():
            return "dns"
        case _ if timed_out or isinstance(error, TimeoutError):
            return "timeout"
        case ssl.SSLError():
            return "tls"
        case ConnectionRefusedError():
            return "connect"
        case _:
            return "protocol"


def _outcome(status: int, retry_after: str | None) -> Outcome:
    if status in range(200, 300):
        return Outcome(status=status)
    redirect = status in range(300, 400) and status != HTTPStatus.NOT_MODIFIED
    return Outcome(status=status, failure="redirect" if redirect else "status", retry_after=retry_after)


@contextmanager
def _ending(connected: socket.socket, deadline: float) -> Iterator[None]:
    """End a connection at the deadline: a socket's own timeout begins anew with each byte that drips in."""

    def end() -> None:
        try:
            # Not the shutdown of TLS, which would take away what the other thread is reading with.
            socket.socket.shutdown(connected, socket.SHUT_RDWR)
        except OSError:
            # It has ended by itself.
            return

    timer = threading.Timer(max(deadline - time.monotonic(), 0), end)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
