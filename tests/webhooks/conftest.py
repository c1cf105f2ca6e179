"""The routes of webhooks on stores in memory, for tests that call them through the Lambda handler."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from functions.shared.http.cursors import Cursors
from functions.webhooks import wiring
from functions.webhooks.delivery_service import DeliveryService
from functions.webhooks.lambdas.api import app, handler
from functions.webhooks.resolver import UnknownHost
from functions.webhooks.service import WebhookService
from functions.webhooks.targets import Address
from functions.webhooks.url_check import UrlCheck
from tests.lambda_client import LambdaClient
from tests.tokens import member
from tests.webhooks.fakes import FakeDeliveryStore, FakeTaskQueue, FakeWebhookStore
from tests.webhooks.things import NEW, box


@dataclass
class WebhookApi:
    """The client of a member, and the stores and the queue behind the API."""

    client: LambdaClient
    webhooks: FakeWebhookStore
    deliveries: FakeDeliveryStore
    queue: FakeTaskQueue

    def create(self, **more: Any) -> str:
        answer = self.client.post("/webhooks", NEW | more)
        assert answer.status == 201, answer.body
        return answer.headers["location"]


def unknown(host: str, *, timeout_s: float) -> list[Address]:
    raise UnknownHost(f"{host} {timeout_s}")


@pytest.fixture
def api() -> Iterator[WebhookApi]:
    webhooks, deliveries, queue = FakeWebhookStore(webhooks_per_owner=3), FakeDeliveryStore(), FakeTaskQueue()
    service = WebhookService(
        webhooks,
        secrets=box(),
        check_url=UrlCheck(loopback=False, look_up=unknown),
        rotation_overlap=timedelta(days=1),
    )
    delivery_service = DeliveryService(webhooks=service, deliveries=deliveries, queue=lambda: queue)
    app.dependency_overrides[wiring.webhook_service] = lambda: service
    app.dependency_overrides[wiring.delivery_service] = lambda: delivery_service
    for name in ("webhook_cursors", "delivery_cursors"):
        app.dependency_overrides[getattr(wiring, name)] = lambda name=name: Cursors(name, key=lambda: "k" * 64)
    yield WebhookApi(LambdaClient(handler, caller=member("alice")), webhooks, deliveries, queue)
    app.dependency_overrides.clear()
