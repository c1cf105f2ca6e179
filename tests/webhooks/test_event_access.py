"""A webhook never sends more than its caller could read without it, even if its owner once could."""

from dataclasses import replace
from typing import Any

import pytest

from functions.webhooks.deliveries import make_delivery
from functions.webhooks.lambdas.api import handler
from tests.lambda_client import LambdaClient
from tests.tokens import admin, machine, member
from tests.webhooks.conftest import WebhookApi
from tests.webhooks.things import NEW, a_delivery, an_event

MANAGING = "webhooks/write", "webhooks/read"


def test_a_client_without_the_scope_to_read_events_cannot_subscribe_to_them(api: WebhookApi) -> None:
    client = LambdaClient(handler, caller=machine("webhooks/write", "files/read"))
    for event_types, scopes in [
        (["users/UserCreated.v1"], "users/read"),
        (["files/FileDeleted.v1", "users/*", "imports/*"], "imports/read users/read"),
    ]:
        answer = client.post("/webhooks", NEW | {"event_types": event_types})
        assert (answer.status, answer.problem) == (403, "events-not-readable")
        assert f'scope="{scopes}"' in answer.headers["www-authenticate"]
        assert scopes.replace(" ", ", ") in answer.json["detail"]
    nothing = LambdaClient(handler, caller=machine("webhooks/write")).post("/webhooks", NEW | {"event_types": ["*"]})
    assert (nothing.status, nothing.problem) == (403, "events-not-readable")
    assert api.webhooks.webhooks == {}


def test_every_event_becomes_the_services_that_a_client_may_read(api: WebhookApi) -> None:
    client = LambdaClient(handler, caller=machine("webhooks/write", "files/read", "users/read", "unheard-of/read"))

    made = client.post("/webhooks", NEW | {"event_types": ["*"]})

    assert made.json["event_types"] == ["files/*", "users/*"]
    for event_type, matching in [("imports/ImportCompleted.v1", []), ("users/UserCreated.v1", [made.json["id"]])]:
        assert api.webhooks.list_matching(event_type, owner="alice", limit=10, after=None).items == matching


def refusals(caller: str, location: str, delivery_id: str) -> dict[str, str]:
    """Return the problems of a caller who changes a webhook, makes it send something or reads its deliveries."""
    client, delivery = LambdaClient(handler, caller=caller), f"{location}/deliveries/{delivery_id}"
    calls: dict[str, tuple[str, str, Any]] = {
        "get": ("GET", delivery, None),
        "redeliver": ("POST", f"{delivery}/redeliver", None),
        "list": ("GET", f"{location}/deliveries", None),
        "test": ("POST", f"{location}/test", None),
        "rotate": ("POST", f"{location}/secret", None),
        "url": ("PATCH", location, {"url": "https://elsewhere.example.com/"}),
        "enable": ("PATCH", location, {"enabled": True}),
        "events": ("PATCH", location, {"event_types": ["webhooks/*"]}),
    }
    answers = {
        name: client.request(method, path, body=body, headers={"If-Match": "*"})
        for name, (method, path, body) in calls.items()
    }
    return {name: answer.problem for name, answer in answers.items() if answer.status >= 400}


EVERYTHING = ["get", "redeliver", "list", "test", "rotate", "url", "enable", "events"]


@pytest.mark.parametrize(
    ("caller", "reason"),
    [
        pytest.param(
            ("member", "administrator"), "the events of all owners", id="an owner who is no administrator any more"
        ),
        pytest.param(("machine", *MANAGING, "users/read"), "future ones included", id="a client with any scopes"),
    ],
)
def test_a_webhook_of_every_event_requires_access_to_every_event(
    api: WebhookApi, caller: tuple[str, ...], reason: str
) -> None:
    now = {"member": member, "machine": machine}[caller[0]](*caller[1:])
    made = LambdaClient(handler).post("/webhooks", NEW | {"event_types": ["*"]})
    location = made.headers["location"]
    [webhook] = api.webhooks.webhooks.values()
    delivery = a_delivery(webhook)
    api.deliveries.add(delivery)

    assert refusals(now, location, delivery.delivery_id) == dict.fromkeys(EVERYTHING, "events-not-readable")
    assert api.webhooks.webhooks[webhook.webhook_id] == webhook
    assert api.queue.sent == []

    client = LambdaClient(handler, caller=now)
    assert client.get(location).json["sees_all"] is True
    disabled = client.patch(location, {"enabled": False}, headers={"If-Match": "*"})
    assert (disabled.status, disabled.json["enabled"]) == (200, False)
    both = {"enabled": False, "url": "https://elsewhere.example.com/"}
    refused = client.patch(location, both, headers={"If-Match": "*"})
    assert (refused.problem, reason in refused.json["detail"]) == ("events-not-readable", True)
    assert LambdaClient(handler, caller=admin()).patch(location, both, headers={"If-Match": "*"}).status == 200
    assert client.delete(location).status == 204


def test_a_client_needs_the_scopes_of_the_events_of_another_owner_s_webhook(api: WebhookApi) -> None:
    location = api.create()
    [webhook] = api.webhooks.webhooks.values()
    uploaded = replace(an_event(owner="alice"), source="files", type="FileUploaded.v1")
    delivery = make_delivery(webhook.webhook_id, uploaded)
    api.deliveries.add(delivery)

    assert [*refusals(machine(*MANAGING, "users/read"), location, delivery.delivery_id)] == EVERYTHING
    assert refusals(machine(*MANAGING, "files/read"), location, delivery.delivery_id) == {}
    # The webhook now receives other events, which need no scope; its earlier delivery still does.
    assert [*refusals(machine(*MANAGING), location, delivery.delivery_id)] == ["get", "redeliver"]
    tested = api.client.post(f"{location}/test", None).headers["location"]
    assert LambdaClient(handler, caller=machine(*MANAGING)).get(tested).status == 200
