"""The platform starts, stops and starts again; a service is added and removed."""

import json
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from local.drill.checkout import copy_of_checkout
from local.scaffold.__main__ import add_service
from tests.e2e import ending
from tests.e2e.platform_under_test import PlatformUnderTest
from tests.waiting import eventually


def processes_of(platform: PlatformUnderTest) -> list[psutil.Process]:
    """Return every process of this platform: its arguments or variables contain the platform's home or AWS port.

    Not of the platform are the tests themselves, with the process that would wipe it after them.
    """
    marks = (str(platform.home), f"127.0.0.1:{platform.ports[2]}")
    found = []
    for process in psutil.process_iter():
        try:
            words = [*process.cmdline(), *process.environ().values()]
        except psutil.Error:
            continue
        if (
            process.pid != psutil.Process().pid
            and ending.__name__ not in words
            and any(mark in word for mark in marks for word in words)
        ):
            found.append(process)
    return found


def background_pids(platform: PlatformUnderTest) -> set[int]:
    """Return the processes of the embedded AWS and of the gateway; handlers come and go."""
    return {int(json.loads(file.read_text())["pid"]) for file in (platform.home / "run").glob("*.json")}


def test_nothing_listens_beyond_this_machine(platform: PlatformUnderTest) -> None:
    listening = {
        (connection.laddr.ip, connection.laddr.port)
        for process in processes_of(platform)
        for connection in process.net_connections(kind="inet")
        if connection.status == psutil.CONN_LISTEN
    }

    assert {port for _, port in listening} == set(platform.ports)
    assert {address for address, _ in listening} <= {"127.0.0.1", "::1"}


def test_the_summary_lists_every_type_of_resource_once_and_the_url(platform: PlatformUnderTest) -> None:
    output = platform.run("up")

    deployed = {
        resource["ResourceType"]
        for stack in platform.described["stacks"]
        for page in platform.aws("cloudformation").get_paginator("list_stack_resources").paginate(StackName=stack)
        for resource in page["StackResourceSummaries"]
    }
    assert platform.described["gateway_url"] in output
    assert "--cacert" in output
    missing = {name for name in deployed if name.removeprefix("AWS::") not in output}
    assert missing == set()


def test_stopping_keeps_the_data_and_leaves_no_process(platform: PlatformUnderTest, email: str) -> None:
    created = platform.gateway.post("/users", json={"email": email})

    platform.run("down")
    assert processes_of(platform) == []
    platform.run("up")

    assert platform.gateway.get(created.headers["Location"]).json()["email"] == email


def test_ports_in_use_are_refused_before_anything_that_runs_is_stopped(platform: PlatformUnderTest) -> None:
    pids = background_pids(platform)
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as other:
        taken = [each.getsockname()[1] for each in (one, other)]
        elsewhere = PlatformUnderTest(platform.home, ports=[taken[0], *platform.ports[1:3], taken[1]])
        refused, said = elsewhere.try_to_run("up")
        _, status = elsewhere.try_to_run("status")

    assert (refused, *(str(port) in said for port in taken)) == (1, True, True)
    assert f"runs on {platform.ports[0]}, but PLATFORM_HTTPS_PORT asks for {taken[0]}" in status
    assert background_pids(platform) == pids <= {process.pid for process in processes_of(platform)}
    assert platform.gateway.get("/users/health").status_code == 200


def test_a_shell_without_the_variables_finds_the_platform(platform: PlatformUnderTest) -> None:
    forgetful = PlatformUnderTest(platform.home, ports=[])

    assert forgetful.try_to_run("status")[0] == 0
    assert "embedded AWS" in forgetful.run("up")
    assert platform.gateway.get("/users/health").status_code == 200


def test_a_running_platform_moves_to_other_ports_with_its_data(platform: PlatformUnderTest, email: str) -> None:
    created = platform.gateway.post("/users", json={"email": email}).headers["Location"]
    moved = PlatformUnderTest(platform.home)
    try:
        moved.run("up")
        assert moved.gateway.get(created).json()["email"] == email
        # The URL of the queue that the event passes names the port before.
        later = moved.gateway.post("/users", json={"email": f"later.{email}"}).headers["Location"]
        eventually(lambda: moved.activity(later[1:]))
    finally:
        moved.close()
        platform.close()
        platform.run("up")


@pytest.fixture
def copied(platform: PlatformUnderTest, tmp_path: Path) -> Iterator[PlatformUnderTest]:
    """The same platform, deployed from a copy of the sources, which the test may change."""
    copied = PlatformUnderTest(platform.home, checkout=copy_of_checkout(tmp_path / "checkout"), ports=platform.ports)
    yield copied
    copied.close()


def test_a_service_is_added_by_adding_its_folders_and_removed_by_deleting_them(copied: PlatformUnderTest) -> None:
    folders = add_service("refunds", project=copied.checkout)
    copied.run("up")
    created = copied.gateway.post("/refunds", json={"name": "A refund"})
    assert created.status_code == 201, created.text
    location = created.headers["Location"]
    eventually(lambda: copied.gateway.get(location).json()["status"] == "confirmed")
    assert [entry["type"] for entry in copied.activity(location[1:])] == ["RefundCreated.v1"]

    for folder in folders:
        shutil.rmtree(copied.checkout / folder)
    copied.run("up")

    assert copied.gateway.get("/refunds/health").status_code == 404
    assert "platform-local-refunds" not in copied.described["stacks"]
    assert copied.gateway.get("/users/health").status_code == 200


def test_a_saved_change_goes_live_and_a_broken_one_does_not(copied: PlatformUnderTest) -> None:
    routes = copied.checkout / "functions/users/errors.py"
    source = routes.read_text()
    with copied.developing() as printed:
        routes.write_text(source.replace("No user has this id.", "Changed while it ran."))
        eventually(lambda: "Changed while it ran." in copied.gateway.get("/users/unknown").text)

        routes.write_text(source + "\ndef broken(:\n")
        eventually(lambda: any("errors.py: not live" in line for line in printed))
        assert "Changed while it ran." in copied.gateway.get("/users/unknown").text

        routes.write_text(source)
        eventually(lambda: "No user has this id." in copied.gateway.get("/users/unknown").text)


def test_an_error_at_import_is_told_with_its_place_and_a_repair_is_live_at_once(copied: PlatformUnderTest) -> None:
    api, consumer = (copied.checkout / f"functions/activity/{name}" for name in ("routes.py", "lambdas/consumer.py"))
    whole = {file: file.read_text() for file in (api, consumer)}
    with copied.developing() as printed:
        for file, source in whole.items():
            file.write_text(f"{source}\nraise RuntimeError('boom at import')\n")
        eventually(
            lambda: any("activity/consumer does not start: RuntimeError: boom at import" in line for line in printed)
        )
        eventually(lambda: any("activity/api does not start: RuntimeError: boom at import" in line for line in printed))
        place = f"functions/activity/routes.py:{len(api.read_text().splitlines())} <module>"
        assert any(place in line for line in printed)
        # Enough failures to open the gateway's breaker.
        eventually(lambda: copied.gateway.get("/activity/health").status_code == 503)
        assert place in copied.run("logs", "--no-follow", "--service", "activity")

        printed_before = len(printed)
        for file, source in whole.items():
            file.write_text(source)
        eventually(lambda: any("activity live after" in line for line in printed[printed_before:]))
        assert copied.gateway.get("/activity/health").status_code == 200


def test_a_wrong_manifest_is_told_before_anything_is_started(copied: PlatformUnderTest) -> None:
    manifest = copied.checkout / "functions/activity/service.toml"
    source = manifest.read_text()
    manifest.write_text(source.replace("lambdas.api.handler", "lambdas.api.handlr"))
    try:
        process = copied.start("up")
        output, _ = process.communicate(timeout=600)
    finally:
        manifest.write_text(source)

    assert process.returncode == 1
    assert "did you mean 'handler'?" in output
    assert "cdk" not in output
    assert "embedded AWS" not in output
