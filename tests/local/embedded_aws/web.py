"""Requests to the guarded application of the embedded AWS, without a socket; the URL is that of the platform."""

import asyncio
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from botocore.auth import S3SigV4Auth, SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from ministack import app

from local.embedded_aws.web_guard import WebGuard

ENDPOINT, GATEWAY = "https://127.0.0.1:4566", "https://localhost:8443"
ADMINISTRATOR = Credentials("AKIA-ADMINISTRATOR", "secret of the administrator")


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    text: str


def send(method: str, path: str, *, body: bytes = b"", **headers: str) -> Answer:
    """Send a request to the guarded application; `x_amz_target=…` becomes the header `x-amz-target`."""
    named = {"host": urlsplit(ENDPOINT).netloc} | {name.replace("_", "-"): value for name, value in headers.items()}
    return _send(method, path, named, body)


def send_signed(  # noqa: PLR0913 - each is a part of a request
    method: str,
    path: str,
    *,
    service: str,
    key: Credentials = ADMINISTRATOR,
    body: bytes = b"",
    in_query: bool = False,
    unsigned: Mapping[str, str] | None = None,
    **headers: str,
) -> Answer:
    """Sign a request with the key as botocore does, add the unsigned headers, and send it."""
    request = AWSRequest(
        method, ENDPOINT + path, {name.replace("_", "-"): value for name, value in headers.items()}, body
    )
    if in_query:
        SigV4QueryAuth(key, service, "eu-west-1").add_auth(request)
    else:
        (S3SigV4Auth if service == "s3" else SigV4Auth)(key, service, "eu-west-1").add_auth(request)
    url = urlsplit(request.url)
    named = {"host": url.netloc} | dict(request.headers.items()) | dict(unsigned or {})
    return _send(method, f"{url.path}?{url.query}" if url.query else url.path, named, body)


def _send(method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
    app.AUTH = True
    url = urlsplit(path)
    scope: dict[str, Any] = {
        "type": "http",
        "method": method,
        "scheme": "https",
        "path": url.path,
        "raw_path": url.path.encode(),
        "query_string": url.query.encode(),
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 50_000),
    }
    sent: list[MutableMapping[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def keep(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    guarded = WebGuard(app.app, origins=frozenset({ENDPOINT, GATEWAY}))
    asyncio.run(guarded(scope, receive, keep))
    start, *rest = sent
    return Answer(
        start["status"],
        {name.decode().lower(): value.decode() for name, value in start["headers"]},
        b"".join(message.get("body", b"") for message in rest).decode(),
    )
