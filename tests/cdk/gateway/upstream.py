"""A stub of the internal load balancer: it answers as configured, and records its requests."""

import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


@dataclass
class RecordedRequest:
    """One request that arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Upstream:
    """The stub's answers and recorded requests; it answers the statuses in turn, and repeats the last one."""

    url: str
    statuses: list[int] = field(default_factory=lambda: [200])
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b"{}"
    delay_s: float = 0
    requests: list[RecordedRequest] = field(default_factory=list)

    def next_status(self) -> int:
        return self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]

    def reset(self) -> None:
        """Answer 200 to everything again."""
        self.statuses, self.headers, self.body, self.delay_s, self.requests = [200], {}, b"{}", 0, []


@contextmanager
def serve(certificate: Path, key: Path) -> Iterator[Upstream]:
    """Serve HTTPS on a free port of the loopback interface."""
    upstream = Upstream(url="")

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # one packet an answer; two would wait 40 ms for the client's acknowledgement

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            upstream.requests.append(RecordedRequest(self.command, self.path, dict(self.headers), body))
            time.sleep(upstream.delay_s)
            self.send_response(upstream.next_status())
            for name, value in {"Content-Type": "application/json", **upstream.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(upstream.body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(upstream.body)

        def log_message(self, *_: object) -> None:
            """Log nothing."""

    for method in ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"):
        setattr(Handler, f"do_{method}", Handler.answer)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    upstream.url = f"https://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield upstream
    server.shutdown()
    thread.join()
    server.server_close()
