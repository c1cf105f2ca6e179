"""The console on fakes, as the load balancer calls it."""

import os
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from functions.console.service import ConsoleService
from functions.console.sign_in import SignIn
from tests.console.fakes import NOON, PLATFORM, FakeMonitoring, FakeOperations, FakeVersions, platform
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
def console(service: ConsoleService, entrance: SignIn) -> Iterator[LambdaClient]:
    """A client of the console without a token."""
    from functions.console import wiring  # noqa: PLC0415 - after the environment above
    from functions.console.lambdas.api import app, handler  # noqa: PLC0415 - as above

    app.dependency_overrides[wiring.console_service] = lambda: service
    app.dependency_overrides[wiring.sign_in] = lambda: entrance
    yield LambdaClient(handler, caller="")
    app.dependency_overrides.clear()
