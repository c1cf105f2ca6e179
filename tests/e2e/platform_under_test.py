"""A platform for the end-to-end tests, with a home and ports apart from the developer's."""

import json
import os
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import boto3
import httpx
from botocore.config import Config

from cdk.settings.manifests import load_manifests
from tests.e2e.ending import run_at_the_end
from tests.waiting import eventually

ROOT = Path(__file__).parents[2]
SERVICES = [manifest.service for manifest in load_manifests() if manifest.http]


def free_ports(count: int) -> list[int]:
    """Return free ports of this machine."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


class PlatformUnderTest:
    """Starts, describes and stops one platform.

    Args:
        home: The folder of its state; absolute.
        checkout: The project that is deployed.
        ports: The ports of another platform, to run one home from two checkouts; with none, those that it remembers.
    """

    def __init__(self, home: Path, *, checkout: Path = ROOT, ports: list[int] | None = None) -> None:
        self.home = home
        self.checkout = checkout
        self.ports = free_ports(4) if ports is None else ports
        # The actions that tests took from functions for a while, with the function's name.
        self.taken: set[tuple[str, str]] = set()
        self._open = ExitStack()
        self._clients: dict[str | None, httpx.Client] = {}

    def close(self) -> None:
        """Close every client."""
        self._open.close()
        self._clients.clear()

    @property
    def environment(self) -> Mapping[str, str]:
        names = ("PLATFORM_HTTPS_PORT", "PLATFORM_HTTP_PORT", "PLATFORM_AWS_PORT", "PLATFORM_TRAEFIK_PORT")
        ports = dict(zip(names, map(str, self.ports), strict=True)) if self.ports else {}
        return os.environ | {"PLATFORM_HOME": str(self.home), "PLATFORM_RECORD_CALLS": "1"} | ports

    @contextmanager
    def wiped_at_the_end(self) -> Iterator[None]:
        """Wipe the platform before and after the block, even if this program is killed in it."""
        reset = [sys.executable, "-m", "local", "reset"]
        with run_at_the_end(reset, environment=self.environment, working_folder=self.checkout):
            self.run("reset")
            try:
                yield
            finally:
                self.close()
                self.run("reset")

    def start(self, command: str, *words: str, **more: Any) -> subprocess.Popen[str]:
        """Start `python -m local <command>`."""
        return subprocess.Popen(
            [sys.executable, "-m", "local", command, *words],
            cwd=self.checkout,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            **more,
        )

    def run(self, command: str, *words: str) -> str:
        """Run `python -m local <command>` to its end and return its output; fail if it fails."""
        status, output = self.try_to_run(command, *words)
        assert status == 0, output
        return output

    def try_to_run(self, command: str, *words: str) -> tuple[int, str]:
        """Run `python -m local <command>` to its end; return its exit status and its output."""
        process = self.start(command, *words)
        output, _ = process.communicate(timeout=1800)
        return process.returncode, output

    @contextmanager
    def developing(self) -> Iterator[Sequence[str]]:
        """Run `python -m local dev` until the end of the block, which starts when the command watches the sources.

        The block gets the lines that the command has printed so far.
        """
        process = self.start("dev")
        printed: list[str] = []

        def read() -> None:
            for line in process.stdout or ():
                printed.append(line)  # noqa: PERF402 - the block reads the list meanwhile

        reader = threading.Thread(target=read)
        reader.start()
        try:
            eventually(lambda: any("watching" in line.lower() for line in printed), within_s=1800)
            yield printed
        finally:
            process.terminate()
            process.wait(timeout=120)
            reader.join()
            if process.stdout:
                process.stdout.close()

    @property
    def described(self) -> Any:
        return json.loads((self.home / "platform.json").read_text())

    @property
    def gateway(self) -> httpx.Client:
        """An administrator's client."""
        return self.client("admin")

    def client(self, caller: str | None) -> httpx.Client:
        """Return a client with the token of a demo identity, or without a token; it trusts the local CA."""
        if caller not in self._clients:
            described = self.described
            client = httpx.Client(
                base_url=described["gateway_url"],
                verify=ssl.create_default_context(cafile=described["ca_file"]),
                headers={"Authorization": f"Bearer {self.token(caller)}"} if caller else {},
                timeout=120,
                limits=httpx.Limits(max_connections=64),
            )
            self._clients[caller] = self._open.enter_context(client)
        return self._clients[caller]

    def token(self, caller: str) -> str:
        """Return a token from `make token`."""
        done = self.operate("token", "--as", caller)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def operate(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run `python -m operate …` on this platform."""
        process = self.start_operating(*words)
        output, errors = process.communicate(timeout=1800)
        return subprocess.CompletedProcess(process.args, process.returncode, output, errors)

    def start_operating(self, *words: str) -> subprocess.Popen[str]:
        """Start `python -m operate …` on this platform."""
        return subprocess.Popen(
            [sys.executable, "-m", "operate", *words],
            cwd=self.checkout,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def aws(self, service: str, credentials: Mapping[str, str] | None = None) -> Any:
        """Return a client of the embedded AWS, by default with its administrator's credentials."""
        described = self.described
        administrator = {
            "AccessKeyId": described["access_key_id"],
            "SecretAccessKey": described["secret_access_key"],
            "SessionToken": None,
        }
        used = credentials or administrator
        # The stubs of boto3 overload `client` by literal names.
        make_client: Any = boto3.client
        client = make_client(
            service,
            endpoint_url=described["aws_endpoint_url"],
            region_name=described["region"],
            verify=described["ca_file"],
            aws_access_key_id=used["AccessKeyId"],
            aws_secret_access_key=used["SecretAccessKey"],
            aws_session_token=used["SessionToken"],
            config=Config(retries={"total_max_attempts": 2}),
        )
        return self._open.enter_context(closing(client))

    def output(self, stack: str, prefix: str) -> str:
        """Return the only output of a stack with a name prefix."""
        outputs = self.described["stacks"][stack]["outputs"]
        [value] = [value for name, value in outputs.items() if name.startswith(prefix)]
        return str(value)

    def activity(self, subject: str, *, limit: int = 100) -> list[dict[str, Any]]:
        """Return the activity of a subject, oldest first."""
        answer = self.gateway.get("/activity", params={"subject": subject, "limit": limit})
        assert answer.status_code == 200, answer.text
        items: list[dict[str, Any]] = answer.json()["items"]
        return items[::-1]
