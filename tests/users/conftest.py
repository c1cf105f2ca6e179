"""The routes of users on a table in memory, for tests that call them through the Lambda handler."""

from collections.abc import Callable, Iterator

import pytest

from functions.shared.aws.clients import client
from functions.shared.http.cursors import Cursors
from functions.users import wiring
from functions.users.lambdas.api import app, handler
from tests.lambda_client import LambdaClient


@pytest.fixture
def users(make_table: Callable[[str], None], monkeypatch: pytest.MonkeyPatch) -> Iterator[LambdaClient]:
    make_table("users")
    monkeypatch.setenv("TABLE_NAME", "users")
    app.dependency_overrides[wiring.cursors] = lambda: Cursors("users", key=lambda: "k" * 64)
    client.cache_clear()
    wiring.idempotent_creation.cache_clear()
    yield LambdaClient(handler)
    app.dependency_overrides.clear()
