"""The routes of webhooks on stores in memory, for tests that call them through the Lambda handler."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from functions.shared.http.cursors import Cursors
from functions.webhooks import wiring
from functions.webhooks.creation_check import UrlCheck
from functions.webhooks.lambdas.api import app, handler
from functions.webhooks.resolver import UnknownHost
from functions.webhooks.service import Limits, WebhookService
from functions.webhooks.stores import Stores
from functions.webhooks.targets import Address
from tests.lambda_client import LambdaClient
from tests.tokens import member
from tests.webhooks.fakes import FakeDeliveryStore, FakeTasks, FakeWebhookStore
from tests.webhooks.things import NEW, box


@dataclass
class World:
    """The client of a member, and what is behind it."""

    client: LambdaClient
    webhooks: FakeWebhookStore
    deliveries: FakeDeliveryStore
    tasks: FakeTasks

    def create(self, **more: Any) -> str:
        answer = self.client.post("/webhooks", NEW | more)
        assert answer.status == 201, answer.body
        return answer.headers["location"]


def unknown(host: str, *, timeout_s: float) -> list[Address]:
    raise UnknownHost(f"{host} {timeout_s}")


@pytest.fixture
def world() -> Iterator[World]:
    webhooks, deliveries, tasks = FakeWebhookStore(), FakeDeliveryStore(), FakeTasks()
    service = WebhookService(
        stores=Stores(webhooks=webhooks, deliveries=deliveries),
        tasks=lambda: tasks,
        secrets=box(),
        check_url=UrlCheck(loopback=False, look_up=unknown),
        limits=Limits(rotation_overlap=timedelta(days=1), webhooks_per_owner=3),
    )
    app.dependency_overrides[wiring.webhook_service] = lambda: service
    for name in ("webhook_cursors", "delivery_cursors"):
        app.dependency_overrides[getattr(wiring, name)] = lambda name=name: Cursors(name, key=lambda: "k" * 64)
    yield World(LambdaClient(handler, caller=member("alice")), webhooks, deliveries, tasks)
    app.dependency_overrides.clear()
