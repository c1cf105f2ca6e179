"""A receiver like that of an outside system: HTTP on loopback, verified by the library of Standard Webhooks."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import uuid4

from standardwebhooks import Webhook


@dataclass(frozen=True)
class Received:
    """One request."""

    path: str
    headers: Mapping[str, str]
    body: bytes

    def verified(self, secret: str) -> Any:
        """Return the content if it is signed with this secret; otherwise raise an error."""
        return Webhook(secret).verify(self.body, dict(self.headers))


@dataclass
class Receiver:
    """The received requests, and the answers to the next ones.

    Each has a path of its own: a receiver that has ended can leave its port to this one, and retries of its deliveries
    still arrive there.

    Attributes:
        answer: Returns the status and headers of the answer to the n-th request, from 1.
        hang_s: The wait before each answer.
    """

    port: int = 0
    scheme: str = "http"
    path: str = field(default_factory=lambda: f"/hooks/{uuid4().hex}?tenant=7")
    received: list[Received] = field(default_factory=list)
    answer: Callable[[int], tuple[int, Mapping[str, str]]] = lambda _: (204, {})
    hang_s: float = 0

    @property
    def url(self) -> str:
        return f"{self.scheme}://localhost:{self.port}{self.path}"


@contextmanager
def receiving(tls: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    """Run a receiver."""
    receiver = Receiver(scheme="https" if tls else "http")
    ended = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.path != receiver.path:
                self.send_error(410)
                return
            receiver.received.append(Received(self.path, dict(self.headers), body))
            status, headers = receiver.answer(len(receiver.received))
            ended.wait(receiver.hang_s)
            self.send_response(status)
            for name, value in {"Content-Length": "0", **headers}.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the signature is http.server's
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            """Print nothing about a client that closed the connection."""

    with Server(("127.0.0.1", 0), Handler) as server:
        receiver.port = server.server_port
        if tls:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        try:
            yield receiver
        finally:
            ended.set()
            server.shutdown()


@contextmanager
def dripping(lines: bytes, *, every_s: float) -> Iterator[int]:
    """Run a server that sends these bytes one by one; yield its port."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        ended = threading.Event()

        def serve() -> None:
            try:
                connected, _ = server.accept()
                with connected:
                    for byte in lines:
                        connected.sendall(bytes([byte]))
                        if ended.wait(every_s):
                            return
            except OSError:
                return

        threading.Thread(target=serve, daemon=True).start()
        yield server.getsockname()[1]
        ended.set()
