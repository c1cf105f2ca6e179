"""Nobody gets more out of a webhook than they could read without it, whatever its owner once was."""

from dataclasses import replace
from typing import Any

import pytest

from functions.webhooks.deliveries import make_delivery
from functions.webhooks.lambdas.api import handler
from tests.lambda_client import LambdaClient
from tests.tokens import admin, machine, member
from tests.webhooks.conftest import World
from tests.webhooks.things import NEW, a_delivery, an_event

MANAGING = "webhooks/write", "webhooks/read"


def test_a_client_without_the_scope_to_read_events_is_sent_none_of_them(world: World) -> None:
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
    assert world.webhooks.webhooks == {}


def test_all_that_there_is_means_all_that_a_client_may_read(world: World) -> None:
    client = LambdaClient(handler, caller=machine("webhooks/write", "files/read", "users/read", "unheard-of/read"))

    made = client.post("/webhooks", NEW | {"event_types": ["*"]})

    assert made.json["event_types"] == ["files/*", "users/*"]
    for event_type, wanting in [("imports/ImportCompleted.v1", []), ("users/UserCreated.v1", [made.json["id"]])]:
        assert world.webhooks.find_matching(event_type, owner="alice", limit=10, after=None).items == wanting


def refusals(caller: str, location: str, delivery_id: str) -> dict[str, str]:
    """What a caller is refused who changes a webhook, has it send something or looks at what it sent."""
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
        pytest.param(("member", "administrator"), "everybody's events", id="an owner who is no administrator any more"),
        pytest.param(("machine", *MANAGING, "users/read"), "of those to come", id="a client, whatever its scopes are"),
    ],
)
def test_a_webhook_of_everything_is_changed_and_read_by_who_may_read_everything(
    world: World, caller: tuple[str, ...], reason: str
) -> None:
    now = {"member": member, "machine": machine}[caller[0]](*caller[1:])
    made = LambdaClient(handler).post("/webhooks", NEW | {"event_types": ["*"]})
    location = made.headers["location"]
    [webhook] = world.webhooks.webhooks.values()
    delivery = a_delivery(webhook)
    world.deliveries.add(delivery)

    assert refusals(now, location, delivery.delivery_id) == dict.fromkeys(EVERYTHING, "events-not-readable")
    assert world.webhooks.webhooks[webhook.webhook_id] == webhook
    assert world.tasks.sent == []

    client = LambdaClient(handler, caller=now)
    assert client.get(location).json["sees_all"] is True
    off = client.patch(location, {"enabled": False}, headers={"If-Match": "*"})
    assert (off.status, off.json["enabled"]) == (200, False)
    both = {"enabled": False, "url": "https://elsewhere.example.com/"}
    refused = client.patch(location, both, headers={"If-Match": "*"})
    assert (refused.problem, reason in refused.json["detail"]) == ("events-not-readable", True)
    assert LambdaClient(handler, caller=admin()).patch(location, both, headers={"If-Match": "*"}).status == 200
    assert client.delete(location).status == 204


def test_a_client_reaches_the_webhooks_of_others_as_far_as_it_may_read_what_they_are_sent(world: World) -> None:
    location = world.create()
    [webhook] = world.webhooks.webhooks.values()
    uploaded = replace(an_event(owner="alice"), source="files", type="FileUploaded.v1")
    delivery = make_delivery(webhook.webhook_id, uploaded)
    world.deliveries.add(delivery)

    assert [*refusals(machine(*MANAGING, "users/read"), location, delivery.delivery_id)] == EVERYTHING
    assert refusals(machine(*MANAGING, "files/read"), location, delivery.delivery_id) == {}
    # It has changed the events, so that less is needed for what is sent now than for what was sent before.
    assert [*refusals(machine(*MANAGING), location, delivery.delivery_id)] == ["get", "redeliver"]
    tested = world.client.post(f"{location}/test", None).headers["location"]
    assert LambdaClient(handler, caller=machine(*MANAGING)).get(tested).status == 200
