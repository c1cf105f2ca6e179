"""Releases on a platform of their own: good, bad, stopped, two at once, ended by a crash."""

import json
import signal
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from local import embedded_aws_process
from local.drill.checkout import copy_of_checkout
from local.embedded_aws.saved_state import SavedState
from local.settings import Settings
from tests.e2e.platform_under_test import PlatformUnderTest
from tests.waiting import eventually

FUNCTION, STACK = "platform-local-users-api", "platform-local-users"
ROUTES = "functions/{service}/routes.py"
# With a minute of two seconds, the canary of five minutes takes ten seconds.
FAST = ("--fast", "2")


@pytest.fixture(scope="module")
def changed(platform_apart: PlatformUnderTest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PlatformUnderTest]:
    """The platform, deployed from a copy of the sources, which the tests change."""
    copy = copy_of_checkout(tmp_path_factory.mktemp("release") / "checkout")
    platform = PlatformUnderTest(platform_apart.home, checkout=copy, ports=platform_apart.ports)
    yield platform
    platform.close()


def add(platform: PlatformUnderTest, line: str, *, service: str = "users") -> None:
    """Change the code of a service."""
    with (platform.checkout / ROUTES.format(service=service)).open("a") as file:
        file.write(f"{line}\n")


@contextmanager
def taken_out(platform: PlatformUnderTest, line: str) -> Iterator[None]:
    """Add a line for the block, and take it out again."""
    changed = platform.checkout / ROUTES.format(service="users")
    before = changed.read_text()
    add(platform, line)
    yield
    changed.write_text(before)


def alias(platform: PlatformUnderTest, function: str = FUNCTION) -> tuple[str, Any]:
    found = platform.aws("lambda").get_alias(FunctionName=function, Name="live")
    return found["FunctionVersion"], found.get("RoutingConfig")


def stack_status(platform: PlatformUnderTest) -> str:
    return str(platform.aws("cloudformation").describe_stacks(StackName=STACK)["Stacks"][0]["StackStatus"])


@contextmanager
def under_load(platform: PlatformUnderTest) -> Iterator["Counter[int]"]:
    """Ask the service again and again through the gateway; the block gets the count of each status."""
    statuses: Counter[int] = Counter()
    over = threading.Event()
    client = platform.client(None)

    def ask() -> None:
        while not over.wait(0.05):
            statuses[client.get("/users/health").status_code] += 1

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        yield statuses
    finally:
        over.set()
        for thread in threads:
            thread.join()


def events_of(output: str) -> list[dict[str, Any]]:
    found = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    return [each for each in found if each["event"] == "function" and each["function"] == "api"]


def in_mid_canary(platform: PlatformUnderTest) -> None:
    eventually(lambda: alias(platform)[1] is not None, within_s=600)


def test_a_good_release_passes_and_loses_no_request(changed: PlatformUnderTest) -> None:
    version, _ = alias(changed)
    add(changed, "# A good change.")

    with under_load(changed) as statuses:
        output = changed.run("release", "--service", "users", "--json", *FAST)

    assert set(statuses) == {200}
    assert alias(changed) == (str(int(version) + 1), None)
    assert stack_status(changed) == "UPDATE_COMPLETE"
    shares = [each["new_percent"] for each in events_of(output)]
    # The hook judges the version before it gets traffic.
    assert list(dict.fromkeys(shares)) == [0.0, 10.0, 100.0]
    both = events_of(output)[-1]
    assert min(both["old"]["requests"], both["new"]["requests"]) > 0
    assert "nothing to release" in changed.run("release", "--service", "users", *FAST)


def test_a_stopped_release_is_taken_back(changed: PlatformUnderTest) -> None:
    before = alias(changed)

    with taken_out(changed, "# A change that is stopped."):
        process = changed.start("release", "--service", "users")
        in_mid_canary(changed)
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=600)

    assert process.returncode == 1, output
    assert "was taken back" in output
    assert alias(changed) == before
    assert stack_status(changed) == "UPDATE_ROLLBACK_COMPLETE"


def test_two_services_are_released_at_the_same_time(changed: PlatformUnderTest) -> None:
    services = ("users", "activity")
    before = {service: alias(changed, f"platform-local-{service}-api")[0] for service in services}
    for service in services:
        add(changed, "# Released together with another service.", service=service)

    processes = [changed.start("release", "--service", service, *FAST) for service in services]
    outputs = [process.communicate(timeout=1200)[0] for process in processes]

    assert [process.returncode for process in processes] == [0, 0], outputs
    for service in services:
        version, weights = alias(changed, f"platform-local-{service}-api")
        assert (int(version) > int(before[service]), weights) == (True, None)


@pytest.mark.parametrize("kill", [signal.SIGKILL, signal.SIGTERM], ids=["killed", "stopped"])
def test_a_platform_that_ends_in_mid_canary_starts_with_the_old_version(
    changed: PlatformUnderTest, kill: signal.Signals
) -> None:
    before = alias(changed)
    settings = Settings.read({"PLATFORM_HOME": str(changed.home)})
    state = SavedState(settings.embedded_aws)

    with taken_out(changed, f"# A change during which the platform ends by {kill.name}."):
        process = changed.start("release", "--service", "users")
        in_mid_canary(changed)
        if kill == signal.SIGKILL:
            saved_at = state.saved_at
            embedded_aws_process.ask_for_checkpoint(settings)
            eventually(lambda: state.saved_at != saved_at, within_s=60)
        running = embedded_aws_process.embedded_aws(settings).find()
        assert running is not None
        running.send_signal(kill)
        running.wait(timeout=300)
        output, _ = process.communicate(timeout=300)
        assert (process.returncode, "The platform ended during the release" in output) == (1, True)
    changed.run("up")

    assert alias(changed)[1] is None
    assert stack_status(changed) in {"UPDATE_ROLLBACK_COMPLETE", "UPDATE_COMPLETE"}
    assert changed.client(None).get("/users/health").status_code == 200
    with taken_out(changed, f"# A change after {kill.name}."):
        changed.run("release", "--service", "users", *FAST)
    assert int(alias(changed)[0]) > int(before[0])


def test_a_version_that_does_not_start_gets_no_traffic(changed: PlatformUnderTest) -> None:
    before = alias(changed)

    with taken_out(changed, 'raise RuntimeError("a bad version")'), under_load(changed) as statuses:
        status, output = changed.try_to_run("release", "--service", "users", "--json", *FAST)

    assert status == 1, output
    assert alias(changed) == before
    assert stack_status(changed) == "UPDATE_ROLLBACK_COMPLETE"
    found = events_of(output)
    assert "The hook BeforeAllowTraffic answered Failed." in {each["reason"] for each in found}, output
    assert {each["new_percent"] for each in found} == {0.0}
    assert "RuntimeError at functions/users/routes.py" in output
    assert set(statuses) == {200}
