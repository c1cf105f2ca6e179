"""The request of an attempt: a POST to the checked address, with one deadline, without redirects.

Every step counts against the deadline: resolution, connection, handshake, request, and the head of the answer. The body
of the answer is not read, because it can contain private data of the receiver.
"""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from functools import cached_property
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException

from functions.shared.rehearsal import refuse_trace
from functions.webhooks.deliveries import Failure
from functions.webhooks.errors import RefusedTarget
from functions.webhooks.ports import Outcome, Resolve
from functions.webhooks.resolver import UnknownHost, resolve
from functions.webhooks.targets import Address, Target, check_address, target_of

USER_AGENT = "platform-webhooks/1"


class HttpSender:
    """Calls receivers.

    Args:
        connect_timeout_s: For the connection to one address.
        timeout_s: For the whole request.
        loopback: Receivers on this machine are allowed.
        look_up: Resolves names.
        make_tls: Returns the TLS context that verifies certificates.
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
        """Send one POST; a failure of the receiver is an outcome, not an exception.

        Raises:
            LeavesTrace: This is a rehearsal.
        """
        refuse_trace("A request to a receiver")
        deadline = time.monotonic() + self._timeout_s
        try:
            target = target_of(url, loopback=self._loopback)
            addresses = self._look_up(target.host, timeout_s=self._timeout_s)
            # One bad address is enough to refuse: a name with good and bad addresses is likely an attack.
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
            # SNI and the certificate use the name, the connection uses the address.
            connected = self._tls.wrap_socket(connected, server_hostname=target.host, do_handshake_on_connect=False)
        with closing(connected), _closed_at(deadline, connected):
            if isinstance(connected, ssl.SSLSocket):
                connected.do_handshake()
            connection = HTTPConnection(target.host, target.port)
            connection.sock = connected
            sent = {"Host": target.authority, "User-Agent": USER_AGENT, "Connection": "close", **headers}
            connection.request("POST", target.path, body=body, headers=sent)
            with closing(connection.getresponse()) as answer:
                # An answer that was cut off within its headers looks like a complete, short one.
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
    # A connection that is closed at the deadline fails in many ways; a wrong certificate is wrong at any time.
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
def _closed_at(deadline: float, connected: socket.socket) -> Iterator[None]:
    """Close a connection at the deadline: a socket's own timeout starts again with each received byte."""

    def close() -> None:
        try:
            # Shut down TCP, not TLS: the other thread is still reading with the TLS object.
            socket.socket.shutdown(connected, socket.SHUT_RDWR)
        except OSError:
            # The connection is closed already.
            return

    timer = threading.Timer(max(deadline - time.monotonic(), 0), close)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
