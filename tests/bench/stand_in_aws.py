"""The parts of AWS that a first request calls, over TLS: the keys of the user pool, and a table with one item."""

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import botocore

from local.certificates import ensure_certificates
from tests.tokens import CLIENT, KEY_ID, POOL, key_set

USER_ID = "01938b2e-7c4a-7d3f-9a51-4f0c2b6d8e10"
_USER = {
    "pk": {"S": f"USER#{USER_ID}"},
    "user_id": {"S": USER_ID},
    "state": {"S": "active#0"},
    "email": {"S": "ada@example.com"},
    "name": {"S": "Ada"},
    "active": {"BOOL": True},
    "version": {"N": "1"},
    "created_at": {"S": "2026-11-29T00:00:00+00:00"},
    "updated_at": {"S": "2026-11-29T00:00:00+00:00"},
}


class _Answers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer(key_set(KEY_ID))

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self._answer({"Item": _USER})

    def _answer(self, body: dict[str, Any]) -> None:
        content = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/x-amz-json-1.0")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the signature is http.server's
        pass


@contextmanager
def stand_in_aws(folder: Path) -> Iterator[dict[str, str]]:
    """Serve on loopback, and yield the variables with which a function calls this AWS.

    The function trusts as many authorities as on AWS, because reading them is a large part of a first request.
    """
    ensure_certificates(folder, ("aws",))
    trusted = folder / "trusted.pem"
    usual = Path(botocore.__file__).with_name("cacert.pem")
    trusted.write_bytes(usual.read_bytes() + (folder / "ca.pem").read_bytes())
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "aws.pem", folder / "aws.key")
    with ThreadingHTTPServer(("127.0.0.1", 0), _Answers) as server:
        server.daemon_threads = True
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield {
            "AWS_ENDPOINT_URL": f"https://127.0.0.1:{server.server_port}",
            "AWS_CA_BUNDLE": str(trusted),
            "AWS_ACCESS_KEY_ID": "bench",
            "AWS_SECRET_ACCESS_KEY": "bench",
            "USER_POOL_ID": POOL,
            "USER_POOL_CLIENTS": CLIENT,
            "BLOCKED_TABLE_NAME": "-",
        }
        server.shutdown()
