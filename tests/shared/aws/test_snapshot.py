"""The processes that Lambda restores from one snapshot share no state that they must not share."""

import json
import os
import ssl
import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3
import pytest
from jwt import PyJWKSet

from functions.shared.auth.signing_keys import SigningKeys
from functions.shared.aws import secret_values, snapshot
from functions.shared.aws.clients import client
from functions.shared.aws.secret_values import secret_value

ROOT = Path(__file__).parents[3]
# What the console's stack says of an environment.
PLATFORM = json.dumps(
    {
        "prefix": "platform-prod",
        "environment": "prod",
        "url": "https://example.com",
        "availability_percent": 99.9,
        "window_days": 30,
        "services": {},
    }
)
SERVICES = sorted(
    manifest.parent.name
    for manifest in (ROOT / "functions").glob("*/service.toml")
    if 'trigger = "http"' in manifest.read_text("utf-8")
)
# Two processes are forked from one that has started, as two microVMs are restored from one snapshot.
TWO_RESTORED = """
import importlib, json, os, random, sys, time
importlib.import_module("functions.{service}.lambdas.api")
from snapshot_restore_py import get_after_restore
from functions.shared.identifiers import new_id

loaded = sorted({{"anyio._backends._asyncio", "botocore.session", "jwt", "pynamodb.models"}} & set(sys.modules))
if loaded:
    from functions.shared.aws.tls import tls_context
    assert tls_context.cache_info().currsize == 1
snapshot = random.getstate()
time.time_ns = lambda: 1
for _ in range(2):
    if os.fork() == 0:
        # Python seeds this generator again at a fork, but not at a restore.
        random.setstate(snapshot)
        for function, arguments, named in get_after_restore() if {restored} else ():
            function(*arguments, **named)
        print(json.dumps([loaded, random.random(), new_id()]), flush=True)
        os._exit(0)
    os.wait()
"""


def two_restored(service: str, *, kind: str = "snap-start", restored: bool = True) -> list[list[object]]:
    result = subprocess.run(
        [sys.executable, "-c", TWO_RESTORED.format(service=service, restored=restored)],
        cwd=ROOT,
        env={**os.environ, **settings(service), "AWS_LAMBDA_INITIALIZATION_TYPE": kind},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return [json.loads(line) for line in result.stdout.splitlines()]


def manifest_of(service: str) -> dict[str, Any]:
    return tomllib.loads((ROOT / "functions" / service / "service.toml").read_text("utf-8"))


def settings(service: str) -> dict[str, str]:
    """Return the variables of the stack that a start reads."""
    manifest = manifest_of(service)
    return {
        "TABLE_NAME": service,
        "BUCKET_NAME": service,
        "USER_POOL_ID": "eu-west-1_pool",
        "USER_POOL_CLIENTS": "operator",
        "BLOCKED_TABLE_NAME": "blocked",
        "SIGN_IN_URL": "https://people.example.com",
        "CONSOLE_CLIENT_ID": "console",
        "PLATFORM": PLATFORM,
        **{f"SETTING_{name.upper()}": json.dumps(value) for name, value in manifest.get("settings", {}).items()},
        **{f"QUEUE_{name.upper()}_URL": "https://sqs/queue" for name in manifest.get("queues", {})},
    }


@pytest.mark.slow
@pytest.mark.parametrize("service", SERVICES)
def test_restored_processes_share_neither_random_numbers_nor_ids_and_have_imported_everything(service: str) -> None:
    first, second = two_restored(service)

    needed = ["anyio._backends._asyncio", "botocore.session", "jwt"]
    if "table" in manifest_of(service):
        needed.append("pynamodb.models")
    assert first[0] == second[0] == needed
    assert first[1] != second[1]
    assert first[2] != second[2]


def test_random_numbers_would_repeat_themselves_if_nothing_were_done() -> None:
    first, second = two_restored("activity", restored=False)

    assert first[1] == second[1]


def test_a_start_without_a_snapshot_imports_nothing_more() -> None:
    assert two_restored("activity", kind="on-demand")[0][0] == []


def test_a_restored_process_seeds_openssl_s_generator_from_the_operating_system(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seeds: list[tuple[bytes, float]] = []
    monkeypatch.setattr(ssl, "RAND_add", lambda seed, entropy: seeds.append((seed, entropy)))

    snapshot.restore()
    snapshot.restore()

    assert [(len(seed), entropy) for seed, entropy in seeds] == [(32, 32.0), (32, 32.0)]
    assert seeds[0] != seeds[1]


class Answering(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    ports: list[int]

    def do_POST(self) -> None:
        self.ports.append(self.client_address[1])
        self.rfile.read(int(self.headers["Content-Length"]))
        body = b'{"RandomPassword": "x"}'
        self.send_response(200)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Print nothing."""


@pytest.fixture
def ports(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """Record the client ports of the calls to an AWS on this machine."""
    ports: list[int] = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Noting", (Answering,), {"ports": ports}))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
    client.cache_clear()
    yield ports
    client.cache_clear()
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_restored_process_opens_connections_of_its_own(ports: list[int]) -> None:
    for _ in range(2):
        client("secretsmanager").get_random_password()
    snapshot.restore()
    client("secretsmanager").get_random_password()

    before, kept, after = ports
    assert before == kept
    assert after != kept


def test_a_restored_process_reads_secrets_again(aws: None, monkeypatch: pytest.MonkeyPatch) -> None:
    client.cache_clear()
    secret_values._kept.clear()  # noqa: SLF001 - a process starts without any
    manager = boto3.client("secretsmanager")
    manager.create_secret(Name="key", SecretString="of the snapshot")
    monkeypatch.setenv("SECRET_CURSOR_KEY_ARN", "key")
    assert secret_value("cursor-key") == "of the snapshot"
    manager.put_secret_value(SecretId="key", SecretString="of today")

    snapshot.restore()

    assert secret_value("cursor-key") == "of today"


def test_keys_that_are_forgotten_are_fetched_again_at_once() -> None:
    key = {"kty": "oct", "kid": "first", "k": "AAAA", "alg": "HS256"}
    fetched = []

    def fetch() -> PyJWKSet:
        fetched.append("once")
        return PyJWKSet.from_dict({"keys": [key]})

    keys = SigningKeys(fetch, clock=lambda: 0.0)
    assert keys.find("first")
    keys.forget()

    assert keys.find("first")
    assert len(fetched) == 2


def test_what_is_registered_runs_at_a_restore() -> None:
    ran: list[str] = []
    snapshot.at_restore(lambda: ran.append("given up"))

    snapshot.restore()

    assert ran == ["given up"]
