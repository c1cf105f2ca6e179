"""Access tokens for tests, of a user pool that serves its keys over HTTP as the pool on AWS does."""

import json
import os
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

POOL = "eu-west-1_tests"
ISSUER = f"https://cognito-idp.eu-west-1.amazonaws.com/{POOL}"
CLIENT = "people"
KEY_ID = "one"


@cache
def private_key(key_id: str = KEY_ID) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def key_set(*key_ids: str) -> dict[str, Any]:
    """Return the public keys in the form of a pool."""
    keys = [RSAAlgorithm.to_jwk(private_key(key_id).public_key(), as_dict=True) for key_id in key_ids]
    return {
        "keys": [
            {**key, "kid": key_id, "alg": "RS256", "use": "sig"} for key, key_id in zip(keys, key_ids, strict=True)
        ]
    }


def token(*, key_id: str = KEY_ID, groups: Sequence[str] | None = None, **claims: Any) -> str:
    """Return a signed access token of a person; `claims` replaces claims, or removes those that are None."""
    now = int(time.time())
    usual = {
        "sub": "person",
        "iss": ISSUER,
        "client_id": CLIENT,
        "username": "person",
        "token_use": "access",
        "cognito:groups": groups,
        "iat": now,
        "exp": now + 3600,
    }
    said = {name: value for name, value in (usual | claims).items() if value is not None}
    return jwt.encode(said, private_key(key_id), algorithm="RS256", headers={"kid": key_id})


@cache
def member(subject: str = "person") -> str:
    """Return the token of a person in the group `member`."""
    return token(sub=subject, username=subject, groups=["member"])


@cache
def admin(subject: str = "administrator") -> str:
    """Return the token of a person in the group `admin`."""
    return token(sub=subject, username=subject, groups=["admin"])


@cache
def machine(*scopes: str) -> str:
    """Return the token of an integration's client."""
    return token(sub="integration", client_id="integration", username=None, scope=" ".join(scopes))


class _Pool(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = json.dumps(key_set(KEY_ID)).encode()
        self.send_response(200 if self.path == f"/{POOL}/.well-known/jwks.json" else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the signature is http.server's
        pass


@contextmanager
def user_pool() -> Iterator[None]:
    """Publish the keys on loopback, and set the functions' environment to this address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Pool) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        os.environ.update(
            USER_POOL_ID=POOL,
            USER_POOL_CLIENTS=CLIENT,
            DOCS_CLIENT_ID="docs",
            AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER=f"http://127.0.0.1:{server.server_port}",
        )
        yield
        server.shutdown()
