"""The routes of webhooks through the Lambda handler, on stores in memory."""

import io
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from functions.shared.errors import Unavailable
from functions.webhooks.deliveries import after_attempt
from functions.webhooks.lambdas.api import handler
from functions.webhooks.tasks import REMINDED_AFTER_S
from tests.lambda_client import LambdaClient
from tests.tokens import machine, member
from tests.webhooks.conftest import WebhookApi
from tests.webhooks.things import NEW, a_delivery, an_attempt, box

UNKNOWN_ID = "01938b2e-7c4a-7d3f-9a51-4f0c2b6d8e10"


def test_a_new_webhook_shows_its_secret_once(api: WebhookApi, log: io.StringIO) -> None:
    created = api.client.post("/webhooks", NEW | {"description": " Billing "})

    assert created.status == 201
    assert created.headers["location"] == f"/webhooks/{created.json['id']}"
    assert created.headers["etag"] == '"1"'
    assert created.headers["cache-control"] == "no-store"
    assert created.json["secret"].startswith("whsec_")
    shown = api.client.get(created.headers["location"])
    assert shown.json == {name: value for name, value in created.json.items() if name != "secret"}
    assert shown.json["description"] == "Billing"
    assert "secret" not in api.client.get("/webhooks").json["items"][0]
    assert "whsec_" not in log.getvalue()


def test_a_webhook_belongs_to_its_creator_and_is_sent_the_events_that_they_see(api: WebhookApi) -> None:
    api.create()
    LambdaClient(handler).post("/webhooks", NEW)
    LambdaClient(handler, caller=machine("webhooks/write", "files/read")).post("/webhooks", NEW)

    assert {(each.owner, each.sees_all) for each in api.webhooks.webhooks.values()} == {
        ("alice", False),
        ("administrator", True),
        ("integration", True),
    }


@pytest.mark.parametrize(
    ("changes", "problem", "field"),
    [
        ({"url": "https://10.0.0.1/"}, "refused-target", "body.url"),
        ({"url": "http://receiver.example.com/"}, "refused-target", "body.url"),
        ({"url": ""}, "invalid-request", "body.url"),
        ({"url": 7}, "invalid-request", "body.url"),
        ({"event_types": ["users/UserVanished.v1"]}, "unknown-event-type", "body.event_types"),
        ({"event_types": []}, "invalid-request", "body.event_types"),
        ({"event_types": ["*", "users/UserCreated.v1"]}, "invalid-request", "body.event_types"),
        ({"event_types": ["users/UserCreated.v1"] * 41}, "invalid-request", "body.event_types"),
        ({"event_types": "*"}, "invalid-request", "body.event_types"),
        ({"description": "x" * 201}, "invalid-request", "body.description"),
        ({"description": "a\x00b"}, "invalid-request", "body.description"),
        ({"secret": "mine"}, "invalid-request", "body.secret"),
    ],
)
def test_a_bad_webhook_is_refused_with_the_field(
    api: WebhookApi, changes: dict[str, Any], problem: str, field: str
) -> None:
    answer = api.client.post("/webhooks", NEW | changes)

    assert (answer.status, answer.problem) == (422, problem)
    assert [error["field"] for error in answer.json["errors"]] == [field]
    assert api.webhooks.webhooks == {}


def test_a_duplicate_event_type_is_dropped(api: WebhookApi) -> None:
    location = api.create(event_types=["files/FileUploaded.v1"] * 2)

    assert api.client.get(location).json["event_types"] == ["files/FileUploaded.v1"]
    whole = api.create(event_types=["files/FileUploaded.v1", "webhooks/WebhookDisabled.v1", "files/*"])
    assert api.client.get(whole).json["event_types"] == ["webhooks/WebhookDisabled.v1", "files/*"]


def test_members_cannot_subscribe_to_events_without_an_owner(api: WebhookApi) -> None:
    location = api.create()
    ownerless = {"event_types": ["users/UsersImported.v1", "files/FileUploaded.v1"]}
    if_match = {"If-Match": "*"}

    refusals = [
        api.client.post("/webhooks", NEW | ownerless),
        api.client.patch(location, ownerless, headers=if_match),
        # The webhook is sent only a member's events, even if an administrator changes it.
        LambdaClient(handler).patch(location, ownerless, headers=if_match),
    ]

    for answer in refusals:
        assert (answer.status, answer.problem) == (422, "nobodys-events")
        [error] = answer.json["errors"]
        assert error["field"] == "body.event_types"
        assert error["detail"].startswith("users/UsersImported.v1: ")
    assert LambdaClient(handler).post("/webhooks", NEW | ownerless).status == 201
    client = LambdaClient(handler, caller=machine("webhooks/write", "files/read", "users/read"))
    assert client.post("/webhooks", NEW | ownerless).status == 201


def test_an_owner_has_a_limited_number_of_webhooks(api: WebhookApi) -> None:
    for _ in range(3):
        api.create()

    answer = api.client.post("/webhooks", NEW)

    assert (answer.status, answer.problem) == (409, "too-many-webhooks")
    assert LambdaClient(handler, caller=member("bob")).post("/webhooks", NEW).status == 201


def test_a_change_needs_the_version_and_is_checked_like_a_creation(api: WebhookApi) -> None:
    location = api.create()

    assert api.client.patch(location, {"enabled": False}).problem == "precondition-required"
    changed = api.client.patch(location, {"enabled": False, "event_types": ["*"]}, headers={"If-Match": '"1"'})
    assert (changed.status, changed.json["enabled"], changed.json["event_types"]) == (200, False, ["*"])
    assert changed.headers["etag"] == '"2"'
    assert api.client.patch(location, {"enabled": True}, headers={"If-Match": '"1"'}).problem == "stale-version"
    for bad in ({"url": "https://localhost/"}, {"event_types": ["users/UserVanished.v1"]}, {"enabled": "no"}):
        assert api.client.patch(location, bad, headers={"If-Match": "*"}).status == 422
    assert api.client.patch(location, {}, headers={"If-Match": "*"}).json == changed.json


def test_an_unchanged_webhook_is_not_sent_again(api: WebhookApi) -> None:
    assert api.client.get(api.create(), headers={"If-None-Match": '"1"'}).status == 304


def test_no_client_keeps_the_answer_while_deliveries_fail(api: WebhookApi) -> None:
    """The failures begin and end without a new version, so the entity tag does not tell them."""
    location = api.create()
    now = datetime.now(UTC)
    api.webhooks.record_failure(api.webhooks.webhooks[location.rpartition("/")[2]], since=now, at=now)

    answer = api.client.get(location, headers={"If-None-Match": '"1"'})

    assert (answer.status, answer.headers["etag"], answer.headers["cache-control"]) == (200, '"1"', "no-store")
    assert answer.json["failing_since"] is not None


def test_a_deleted_webhook_is_gone(api: WebhookApi) -> None:
    location = api.create()

    assert api.client.delete(location, headers={"If-Match": '"7"'}).problem == "stale-version"
    assert api.client.delete(location).status == 204
    assert api.client.get(location).problem == "webhook-not-found"


def test_a_rotation_shows_a_new_secret_and_keeps_the_old_one_for_a_day(api: WebhookApi) -> None:
    location = api.create()

    answer = api.client.post(f"{location}/secret", None)

    assert answer.status == 200
    assert answer.headers["cache-control"] == "no-store"
    [webhook] = api.webhooks.webhooks.values()
    newest, before = webhook.secrets
    assert box().open(newest.sealed, webhook_id=webhook.webhook_id) == answer.json["secret"]
    assert before.valid_until
    assert answer.json["previous_valid_until"] == before.valid_until.isoformat().replace("+00:00", "Z")


def test_a_webhook_of_another_owner_is_not_found(api: WebhookApi) -> None:
    location = api.create()
    tested = api.client.post(f"{location}/test", None).json["id"]
    bob = LambdaClient(handler, caller=member("bob"))

    for method, path, body in [
        ("GET", location, None),
        ("PATCH", location, {"enabled": False}),
        ("DELETE", location, None),
        ("POST", f"{location}/secret", None),
        ("POST", f"{location}/test", None),
        ("GET", f"{location}/deliveries", None),
        ("GET", f"{location}/deliveries/{tested}", None),
        ("POST", f"{location}/deliveries/{tested}/redeliver", None),
    ]:
        theirs = bob.request(method, path, body=body, headers={"If-Match": "*"})
        nothing = bob.request(
            method, path.replace(location, f"/webhooks/{UNKNOWN_ID}"), body=body, headers={"If-Match": "*"}
        )
        assert (theirs.status, theirs.problem) == (404, "webhook-not-found"), (method, path)
        assert {**theirs.json, "request_id": ""} == {**nothing.json, "request_id": ""}
    assert bob.get("/webhooks").json["items"] == []


def test_a_list_continues_at_its_cursor_and_contains_all_webhooks_for_an_admin(api: WebhookApi) -> None:
    mine = [api.create().rpartition("/")[2] for _ in range(3)]
    LambdaClient(handler, caller=member("bob")).post("/webhooks", NEW)

    first = api.client.get("/webhooks", query={"limit": "2"}).json
    second = api.client.get("/webhooks", query={"limit": "2", "cursor": first["next_cursor"]}).json

    assert sorted(item["id"] for item in first["items"] + second["items"]) == sorted(mine)
    assert second["next_cursor"] is None
    assert len(LambdaClient(handler).get("/webhooks").json["items"]) == 4
    stolen = LambdaClient(handler, caller=member("bob")).get("/webhooks", query={"cursor": first["next_cursor"]})
    assert stolen.problem == "invalid-cursor"


def test_a_test_is_queued_and_shown(api: WebhookApi) -> None:
    location = api.create()

    answer = api.client.post(f"{location}/test", None)

    assert (answer.status, answer.json["state"], answer.json["is_test"]) == (202, "pending", True)
    assert [(message.content["delivery_id"], message.delay_s) for message in api.queue.sent] == [
        (answer.json["id"], REMINDED_AFTER_S),
        (answer.json["id"], 0),
    ]
    whole = api.client.get(answer.headers["location"]).json
    assert (whole["body"]["type"], whole["attempts"]) == ("WebhookTested.v1", [])


def test_a_test_that_cannot_be_queued_is_answered_with_an_error(api: WebhookApi) -> None:
    location = api.create()
    api.queue.failures = [Unavailable()]

    assert api.client.post(f"{location}/test", None).status == 503
    assert api.client.get(f"{location}/deliveries").json["items"] == []


def test_the_reminder_starts_a_test_if_the_queue_fails_after_it(api: WebhookApi) -> None:
    location = api.create()
    api.queue.failures = [None, Unavailable()]

    answer = api.client.post(f"{location}/test", None)

    assert answer.status == 202
    assert [message.content["delivery_id"] for message in api.queue.sent] == [answer.json["id"]]


def test_a_log_shows_each_attempt(api: WebhookApi) -> None:
    location = api.create()
    [webhook] = api.webhooks.webhooks.values()
    delivery = after_attempt(a_delivery(webhook), an_attempt(status=None, failure="timeout"), delays_s=[5])
    api.deliveries.add(delivery)

    [listed] = api.client.get(f"{location}/deliveries").json["items"]
    whole = api.client.get(f"{location}/deliveries/{delivery.delivery_id}").json

    assert listed == {name: whole[name] for name in listed}
    assert (listed["state"], listed["attempts_made"], listed["event_type"]) == ("pending", 1, "users/UserCreated.v1")
    assert listed["next_attempt_at"]
    [attempt] = whole["attempts"]
    assert (attempt["number"], attempt["status"], attempt["failure"], attempt["duration_ms"]) == (1, None, "timeout", 7)
    for nothing in (UNKNOWN_ID, "nonsense"):
        assert api.client.get(f"{location}/deliveries/{nothing}").problem == "delivery-not-found"


def test_a_redelivery_starts_again_each_time(api: WebhookApi) -> None:
    location = api.create()
    [webhook] = api.webhooks.webhooks.values()
    delivery = replace(after_attempt(a_delivery(webhook), an_attempt(), delays_s=[]), state="exhausted")
    api.deliveries.add(delivery)
    path = f"{location}/deliveries/{delivery.delivery_id}/redeliver"

    for _ in range(2):
        answer = api.client.post(path, None)
        assert (answer.status, answer.json["state"], answer.json["attempts_made"]) == (202, "pending", 1)

    assert [(message.content["attempt"], message.delay_s) for message in api.queue.sent] == [
        (2, REMINDED_AFTER_S),
        (2, 0),
    ] * 2


def test_nothing_is_redelivered_to_a_disabled_webhook(api: WebhookApi) -> None:
    location = api.create()
    [webhook] = api.webhooks.webhooks.values()
    delivery = a_delivery(webhook)
    api.deliveries.add(delivery)
    api.client.patch(location, {"enabled": False}, headers={"If-Match": "*"})

    answer = api.client.post(f"{location}/deliveries/{delivery.delivery_id}/redeliver", None)

    assert (answer.status, answer.problem) == (409, "webhook-disabled")
    assert api.client.post(f"{location}/test", None).status == 202
