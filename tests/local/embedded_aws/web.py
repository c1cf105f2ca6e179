"""Requests to the guarded application of the embedded AWS, without a socket; the URL is that of the platform."""

import asyncio
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field
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


@dataclass(frozen=True, kw_only=True)
class Request:
    """A request to sign; `in_query` puts the signature into the query instead of a header."""

    service: str
    method: str = "GET"
    path: str = "/"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    in_query: bool = False


def send(method: str, path: str, headers: Mapping[str, str] | None = None, *, body: bytes = b"") -> Answer:
    """Send a request to the guarded application."""
    return _send(method, path, {"host": urlsplit(ENDPOINT).netloc} | dict(headers or {}), body)


def send_signed(
    signed: Request, *, key: Credentials = ADMINISTRATOR, unsigned: Mapping[str, str] | None = None
) -> Answer:
    """Sign a request with the key as botocore does, add the unsigned headers, and send it."""
    request = AWSRequest(signed.method, ENDPOINT + signed.path, dict(signed.headers), signed.body)
    if signed.in_query:
        signer = SigV4QueryAuth(key, signed.service, "eu-west-1")
    else:
        signer = (S3SigV4Auth if signed.service == "s3" else SigV4Auth)(key, signed.service, "eu-west-1")
    signer.add_auth(request)
    url = urlsplit(request.url)
    named = {"host": url.netloc} | dict(request.headers.items()) | dict(unsigned or {})
    return _send(signed.method, f"{url.path}?{url.query}" if url.query else url.path, named, signed.body)


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
