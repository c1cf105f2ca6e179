"""A gateway in this process with answers of a test, and the platform description with its address."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from operate.target import Target


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    headers: Message
    body: Any


@dataclass(frozen=True)
class Reply:
    status: int
    content: Any = None
    headers: Mapping[str, str] | None = None


@contextmanager
def gateway(answer: Callable[[Request], Reply], home: Path) -> Iterator[Target]:
    """Serve until the end of the block; several threads may call `answer`."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Head and body in one packet: a second packet would wait 40 ms for the acknowledgement of the first.
        wbufsize = -1

        def _serve(self) -> None:
            text = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            is_json = self.headers.get("Content-Type") == "application/json"
            body = json.loads(text) if is_json else text
            reply = answer(Request(self.command, self.path, self.headers, body))
            sent = b"" if reply.content is None else json.dumps(reply.content).encode()
            self.send_response(reply.status)
            headers = {"Content-Type": "application/json", "Content-Length": str(len(sent)), **(reply.headers or {})}
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(sent)

        do_GET = do_POST = do_PATCH = do_DELETE = _serve  # noqa: N815 - the names of http.server

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        serving.start()
        described = {"gateway_url": f"http://127.0.0.1:{server.server_port}", "ca_file": str(home / "ca.pem")}
        (home / "platform.json").write_text(json.dumps(described))
        try:
            yield Target("local", {"PLATFORM_HOME": str(home)})
        finally:
            server.shutdown()
            serving.join()
