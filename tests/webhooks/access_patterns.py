"""The access patterns of the table of webhooks, for docs/data-model.md."""

from dataclasses import replace
from datetime import UTC, datetime

from functions.shared.identifiers import new_id
from functions.shared.messaging.events import Event
from functions.webhooks.deliveries import Attempt, Delivery, after_attempt, make_delivery
from functions.webhooks.delivery_repository import DeliveryRepository
from functions.webhooks.domain import Changes, Subscription, Webhook, change_webhook, disable_webhook, make_webhook
from functions.webhooks.repository import WebhookRepository
from tools.data_model.pattern import Measured, access_pattern

OWNER = "0" * 36
PAGE = 20
SUBSCRIBED = ("users/UserCreated.v1", "users/UserUpdated.v1", "users/UserDeactivated.v1")
ONE = "/webhooks/{webhook_id}"
CHANGES = (f"PATCH {ONE}", f"DELETE {ONE}", f"POST {ONE}/secret")
DELIVERIES = f"{ONE}/deliveries"
DELIVERY = f"{DELIVERIES}/{{delivery_id}}"


def made() -> Webhook:
    subscription = Subscription(
        url="https://partner.example.com/hooks/platform", event_types=SUBSCRIBED, description="CRM"
    )
    return make_webhook(subscription, webhook_id=new_id(), owner=OWNER, sees_all=False, sealed_secret="s" * 120)


def added() -> Webhook:
    webhook = made()
    WebhookRepository().add(webhook)
    return webhook


def delivery_to(webhook: Webhook) -> Delivery:
    data = {"user_id": "0" * 36, "active": True}
    return make_delivery(
        webhook.webhook_id,
        Event(type="UserCreated.v1", source="users", subject=f"users/{'0' * 36}", sequence=1, data=data),
    )


def delivered(webhook: Webhook) -> Delivery:
    delivery = delivery_to(webhook)
    DeliveryRepository().add(delivery)
    return delivery


@access_pattern("POST /webhooks")
def subscribe_to_three_types_of_events() -> Measured:
    webhook = made()
    return lambda: WebhookRepository().add(webhook)


@access_pattern("POST /webhooks", "GET /webhooks")
def list_the_webhooks_of_an_owner() -> Measured:
    for _ in range(PAGE + 5):
        added()
    return lambda: WebhookRepository().list_page(restricted_to=OWNER, limit=PAGE, after="0" * 36)


@access_pattern("GET /webhooks")
def list_all_webhooks() -> Measured:
    for _ in range(PAGE + 5):
        added()
    return lambda: WebhookRepository().list_page(restricted_to=None, limit=PAGE, after="0" * 36)


@access_pattern(f"GET {ONE}", *CHANGES, f"POST {ONE}/test", f"GET {DELIVERIES}", "worker")
def get_a_webhook() -> Measured:
    webhook = added()
    return lambda: WebhookRepository().find(webhook.webhook_id)


@access_pattern(CHANGES[0], CHANGES[2])
def change_a_webhook() -> Measured:
    webhook = added()
    after = change_webhook(webhook, Changes(given=frozenset({"description"}), description="CRM of Europe"))
    return lambda: WebhookRepository().replace(webhook, after)


@access_pattern("worker")
def disable_a_webhook_that_keeps_failing() -> Measured:
    webhook = added()
    after, event = disable_webhook(webhook, "failing")
    return lambda: WebhookRepository().replace(webhook, after, event=event, if_still_failing=True)


@access_pattern(CHANGES[1])
def delete_a_webhook() -> Measured:
    webhook = added()
    return lambda: WebhookRepository().delete(webhook)


@access_pattern("consumer", "worker")
def find_the_webhooks_of_an_event() -> Measured:
    added()
    return lambda: WebhookRepository().list_matching(SUBSCRIBED[0], owner=OWNER, limit=100, after=None)


@access_pattern("worker")
def record_a_failure() -> Measured:
    webhook, now = added(), datetime.now(UTC)
    return lambda: WebhookRepository().record_failure(webhook, since=now, at=now)


@access_pattern("worker")
def record_the_success_after_failures() -> Measured:
    webhook, now = added(), datetime.now(UTC)
    WebhookRepository().record_failure(webhook, since=now, at=now)
    return lambda: WebhookRepository().record_success(webhook)


@access_pattern("consumer", f"POST {ONE}/test")
def add_a_delivery() -> Measured:
    delivery = delivery_to(added())
    return lambda: DeliveryRepository().add(delivery)


@access_pattern("worker", f"POST {DELIVERY}/redeliver")
def log_an_attempt() -> Measured:
    delivery = delivered(added())
    attempt = Attempt(number=1, at=datetime.now(UTC), duration_ms=120, status=200)
    after = after_attempt(delivery, attempt, delays_s=[5])
    return lambda: DeliveryRepository().replace(delivery, after)


@access_pattern("worker", f"GET {DELIVERY}", f"POST {DELIVERY}/redeliver")
def get_a_delivery() -> Measured:
    delivery = delivered(added())
    return lambda: DeliveryRepository().find(delivery.webhook_id, delivery.delivery_id)


@access_pattern(f"GET {DELIVERIES}")
def list_the_deliveries_of_a_webhook() -> Measured:
    webhook = added()
    for _ in range(PAGE + 5):
        DeliveryRepository().add(replace(delivery_to(webhook), delivery_id=new_id()))
    return lambda: DeliveryRepository().list_page(webhook.webhook_id, limit=PAGE, after="9" * 36)
