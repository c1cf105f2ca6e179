"""Webhooks, deliveries and events for tests."""

from datetime import UTC, datetime
from typing import Any

from functions.shared.identifiers import new_id
from functions.shared.messaging.events import Event
from functions.webhooks.deliveries import Attempt, Delivery, make_delivery
from functions.webhooks.domain import Subscription, Webhook, make_webhook
from functions.webhooks.sealing import SecretBox

SECRET = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oDazfsq7ejX6g="
URL = "https://receiver.example.com/events"
NEW: dict[str, Any] = {"url": URL, "event_types": ["files/FileUploaded.v1"]}


def box(*keys: str) -> SecretBox:
    return SecretBox(lambda: iter(keys or ["k" * 64]))


def a_webhook(*event_types: str, owner: str = "alice", sees_all: bool = False, url: str = URL) -> Webhook:
    webhook_id = new_id()
    return make_webhook(
        Subscription(url=url, event_types=event_types or ("users/UserCreated.v1",)),
        webhook_id=webhook_id,
        owner=owner,
        sees_all=sees_all,
        sealed_secret=box().seal(SECRET, webhook_id=webhook_id),
    )


def an_event(*, owner: str | None = None, event_id: str | None = None, **data: Any) -> Event:
    return Event(
        type="UserCreated.v1",
        source="users",
        subject="users/1",
        sequence=1,
        data=data | ({"owner": owner} if owner else {}),
        event_id=event_id or new_id(),
    )


def a_delivery(webhook: Webhook, *, is_test: bool = False) -> Delivery:
    return make_delivery(webhook.webhook_id, an_event(), is_test=is_test)


def an_attempt(number: int = 1, *, status: int | None = 500, **more: Any) -> Attempt:
    failure = None if status and status < 300 else "status"
    return Attempt(number=number, at=datetime.now(UTC), duration_ms=7, **{"status": status, "failure": failure, **more})
