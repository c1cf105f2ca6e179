"""The console on fakes, as the load balancer calls it."""

import os
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import pytest

from functions.console.confirmations import Confirmations
from functions.console.dead_letters import DeadLetterService
from functions.console.service import ConsoleService
from functions.console.sign_in import SignIn
from functions.shared.messaging.work_queue import Task
from tests.console.fakes import NOON, PLATFORM, FakeMonitoring, FakeOperations, FakeVersions, platform
from tests.console.letter_fakes import FakeQueues, letters_platform
from tests.lambda_client import LambdaClient

os.environ.update(PLATFORM=PLATFORM)
POOL = "https://pool.test"


@pytest.fixture
def monitoring() -> FakeMonitoring:
    return FakeMonitoring()


@pytest.fixture
def versions() -> FakeVersions:
    return FakeVersions()


@pytest.fixture
def operations() -> FakeOperations:
    empty: dict[str, Any] = {"items": [], "next_cursor": None}
    return FakeOperations(answers={"/operations/deployments": empty, "/operations/incidents": empty})


@pytest.fixture
def service(monitoring: FakeMonitoring, versions: FakeVersions, operations: FakeOperations) -> ConsoleService:
    return ConsoleService(platform, monitoring, versions, operations, clock=lambda: NOON)


@pytest.fixture
def queues() -> FakeQueues:
    return FakeQueues()


@pytest.fixture
def sent() -> list[Task]:
    """The tasks that the worker of redrives gets."""
    return []


@pytest.fixture
def clock() -> list[datetime]:
    """The time of confirmations; a test replaces it."""
    return [NOON]


@pytest.fixture
def confirmations(clock: list[datetime]) -> Confirmations:
    return Confirmations(letters_platform, key=lambda: "c" * 64, clock=lambda: clock[0])


@pytest.fixture
def dead_letters(
    queues: FakeQueues, versions: FakeVersions, confirmations: Confirmations, sent: list[Task]
) -> DeadLetterService:
    return DeadLetterService(letters_platform, queues, versions, confirmations, send=sent.extend)


@pytest.fixture
def pool() -> dict[str, Any]:
    """The answer of the pool's token endpoint, and under `form` the form that it was sent."""
    return {}


@pytest.fixture
def entrance(pool: dict[str, Any]) -> SignIn:
    def exchange(form: Mapping[str, str]) -> Mapping[str, Any]:
        pool["form"] = dict(form)
        return pool

    return SignIn(pool_url=POOL, client_id="console", console_url=platform.url, key=lambda: "k" * 64, exchange=exchange)


@pytest.fixture
def console(service: ConsoleService, dead_letters: DeadLetterService, entrance: SignIn) -> Iterator[LambdaClient]:
    """A client of the console without a token."""
    from functions.console import wiring  # noqa: PLC0415 - after the environment above
    from functions.console.lambdas.api import app, handler  # noqa: PLC0415 - as above

    app.dependency_overrides[wiring.console_service] = lambda: service
    app.dependency_overrides[wiring.dead_letter_service] = lambda: dead_letters
    app.dependency_overrides[wiring.sign_in] = lambda: entrance
    yield LambdaClient(handler, caller="")
    app.dependency_overrides.clear()
