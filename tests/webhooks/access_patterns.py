"""Access patterns of the table of webhooks: the calls that tests/tools/data_model records."""

from datetime import UTC, datetime

from functions.shared.identifiers import new_id
from functions.shared.messaging.events import Event
from functions.webhooks.deliveries import Attempt, Delivery, after_attempt, make_delivery
from functions.webhooks.delivery_repository import DeliveryRepository
from functions.webhooks.domain import Subscription, Webhook, change_webhook, disable_webhook, make_webhook
from functions.webhooks.repository import WebhookRepository
from tests.tools.data_model.access_patterns import Call

OWNER = "0" * 36
SUBSCRIBED = ("users/UserCreated.v1", "users/UserUpdated.v1", "users/UserDeactivated.v1")


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


def subscribe_to_three_types_of_events() -> Call:
    added()
    webhook = made()
    return lambda: WebhookRepository().add(webhook)


def subscribe_at_the_quota_or_for_the_first_time() -> Call:
    webhook = made()
    return lambda: WebhookRepository().add(webhook)


def list_the_webhooks_of_an_owner() -> Call:
    return lambda: WebhookRepository().list_page(restricted_to=OWNER, limit=20, after="0" * 36)


def list_all_webhooks() -> Call:
    return lambda: WebhookRepository().list_page(restricted_to=None, limit=20, after="0" * 36)


def get_a_webhook() -> Call:
    webhook = added()
    return lambda: WebhookRepository().find(webhook.webhook_id)


def change_a_webhook() -> Call:
    webhook = added()
    after = change_webhook(webhook, {"description": "CRM of Europe"})
    return lambda: WebhookRepository().replace(webhook, after)


def disable_a_webhook_that_keeps_failing() -> Call:
    webhook = added()
    after, event = disable_webhook(webhook, "failing")
    return lambda: WebhookRepository().replace(webhook, after, event=event, if_still_failing=True)


def delete_a_webhook() -> Call:
    webhook = added()
    return lambda: WebhookRepository().delete(webhook)


def find_the_webhooks_for_an_event() -> Call:
    added()
    return lambda: WebhookRepository().list_matching(SUBSCRIBED[0], owner=OWNER, limit=100, after=None)


def record_a_failure() -> Call:
    webhook, now = added(), datetime.now(UTC)
    return lambda: WebhookRepository().record_failure(webhook, since=now, at=now)


def record_the_success_after_failures() -> Call:
    webhook, now = added(), datetime.now(UTC)
    WebhookRepository().record_failure(webhook, since=now, at=now)
    return lambda: WebhookRepository().record_success(webhook)


def add_a_delivery() -> Call:
    delivery = delivery_to(added())
    return lambda: DeliveryRepository().add(delivery)


def log_an_attempt() -> Call:
    delivery = delivered(added())
    attempt = Attempt(number=1, at=datetime.now(UTC), duration_ms=120, status=200)
    after = after_attempt(delivery, attempt, delays_s=[5])
    return lambda: DeliveryRepository().replace(delivery, after)


def get_a_delivery() -> Call:
    delivery = delivered(added())
    return lambda: DeliveryRepository().find(delivery.webhook_id, delivery.delivery_id)


def list_the_deliveries_of_a_webhook() -> Call:
    webhook = added()
    return lambda: DeliveryRepository().list_page(webhook.webhook_id, limit=20, after="9" * 36)
