"""Whether an image can be built here."""

import subprocess
from collections.abc import Sequence

import pytest

from operate.checks.docker import docker_check
from tests.operate.checks.fakes import FakeAccount, plan
from tests.operate.pricing.resources import stack

IMAGE = stack({}, needs_docker=True)


def answering(code: int, out: str = "", err: str = "") -> object:
    return lambda command: subprocess.CompletedProcess(command, code, out, err)


def raising(error: Exception) -> object:
    def run(_: Sequence[str]) -> subprocess.CompletedProcess[str]:
        raise error

    return run


@pytest.mark.parametrize(
    ("run", "state", "said"),
    [
        (answering(0, "28.1\n"), "ok", "docker 28.1 runs"),
        (answering(1, "", "Cannot connect to the daemon\n"), "wrong", "docker is installed, but does not run: Cannot"),
        (answering(1), "wrong", "docker is installed, but does not run: no word of why"),
        (raising(FileNotFoundError()), "wrong", "docker is not installed"),
        (raising(subprocess.TimeoutExpired("docker", 10)), "wrong", "docker does not answer within 10 s"),
    ],
)
def test_docker_must_run_where_an_image_is_built(run: object, state: str, said: str) -> None:
    [finding] = docker_check(run).look(plan(IMAGE), FakeAccount())  # type: ignore[arg-type]

    assert finding.state == state
    assert finding.said.startswith(said)


def test_nobody_asks_for_docker_where_no_image_is_built() -> None:
    [finding] = docker_check(raising(FileNotFoundError())).look(plan(stack({})), FakeAccount())  # type: ignore[arg-type]

    assert finding.state == "ok"
