"""One service in a process of its own, against the running platform."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from local.serve import DEBUG_PORT
from tests.e2e.platform_under_test import PlatformUnderTest, free_ports
from tests.waiting import eventually


@contextmanager
def served(platform: PlatformUnderTest, command: str, service: str) -> Iterator[httpx.Client]:
    [port] = free_ports(1)
    process = platform.start(command, "--service", service, "--port", str(port))
    headers = {"Authorization": f"Bearer {platform.token('admin')}"}
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=120, trust_env=False) as client:
            eventually(lambda: process.poll() is not None or answers(client, service))
            assert process.poll() is None, "the server ended; its output is below"
            yield client
    finally:
        process.terminate()
        output, _ = process.communicate(timeout=60)
        print(output)  # noqa: T201 - pytest shows it if the test fails


def answers(client: httpx.Client, service: str) -> bool:
    try:
        return client.get(f"/{service}/health").status_code == 200
    except httpx.TransportError:
        return False


def test_a_served_service_works_on_the_data_of_the_platform(platform: PlatformUnderTest, email: str) -> None:
    with served(platform, "serve", "users") as client:
        created = client.post("/users", json={"email": email})

    assert created.status_code == 201, created.text
    assert platform.gateway.get(created.headers["Location"]).json()["email"] == email


def test_a_served_service_has_the_role_of_the_function_and_no_one_else_can_assume_it(
    platform: PlatformUnderTest,
) -> None:
    with served(platform, "serve", "users"):
        pass

    trust = platform.aws("iam").get_role(
        RoleName=platform.aws("lambda")
        .get_function_configuration(FunctionName="platform-local-users-api")["Role"]
        .rpartition("/")[2]
    )["Role"]["AssumeRolePolicyDocument"]
    assert "root" not in json.dumps(trust)
    assert "lambda.amazonaws.com" in json.dumps(trust)


def test_a_debugger_can_attach_to_a_debugged_service(platform: PlatformUnderTest) -> None:
    with socket.socket() as taken:
        if taken.connect_ex(("127.0.0.1", DEBUG_PORT)) == 0:
            pytest.skip("another debugger listens on this machine")
    with served(platform, "debug", "users") as client:
        assert client.get("/users", params={"limit": 1}).status_code == 200
        with socket.create_connection(("127.0.0.1", DEBUG_PORT), timeout=60) as debugger:
            # The adapter speaks first: https://microsoft.github.io/debug-adapter-protocol/overview#base-protocol
            assert debugger.recv(15) == b"Content-Length:"
