"""One contract of each store, for the fakes and for the repositories on DynamoDB."""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import boto3
import pytest

from functions.shared.http.lists import ListPage
from functions.shared.interface.names import INBOX_KEPT_S
from functions.webhooks.deliveries import Delivery, after_attempt, cancelled, restarted
from functions.webhooks.delivery_repository import DeliveryRepository
from functions.webhooks.domain import Webhook, change_webhook, disable_webhook, rotate_secret
from functions.webhooks.errors import StaleWebhook, TooManyWebhooks
from functions.webhooks.ports import Stores
from functions.webhooks.repository import WebhookRepository
from tests.newer_release import BESIDE_A_NEWER_RELEASE
from tests.webhooks.fakes import FakeDeliveryStore, FakeWebhookStore
from tests.webhooks.things import a_delivery, a_webhook, an_attempt, an_event

PER_OWNER = 12


@pytest.fixture(params=["fake", "dynamodb", BESIDE_A_NEWER_RELEASE])
def stores(request: pytest.FixtureRequest) -> Stores:
    if request.param == "fake":
        return Stores(webhooks=FakeWebhookStore(webhooks_per_owner=PER_OWNER), deliveries=FakeDeliveryStore())
    make_table: Callable[[str], None] = request.getfixturevalue("make_table")
    make_table("webhooks")
    return Stores(webhooks=WebhookRepository(webhooks_per_owner=PER_OWNER), deliveries=DeliveryRepository())


def items() -> list[dict[str, Any]]:
    return list(boto3.client("dynamodb").scan(TableName="webhooks")["Items"])


def added(stores: Stores, *webhooks: Webhook) -> None:
    for webhook in webhooks:
        stores.webhooks.add(webhook)


def added_delivery(stores: Stores, delivery: Delivery) -> Delivery:
    stores.deliveries.add(delivery)
    stored = stores.deliveries.find(delivery.webhook_id, delivery.delivery_id)
    assert stored
    return stored


def changed(webhook: Webhook, **changes: Any) -> Webhook:
    after = change_webhook(webhook, changes)
    assert after
    return after


def matching(stores: Stores, event_type: str = "users/UserCreated.v1", *, owner: str | None = None) -> set[str]:
    found = all_pages(partial(stores.webhooks.list_matching, event_type, owner=owner))
    assert len(found) == len(set(found))
    return set(found)


def all_pages[T](list_page: ListPage[T]) -> list[T]:
    """Return the items of all pages of two."""
    pages = [list_page(limit=2, after=None)]
    while position := pages[-1].next_position:
        pages.append(list_page(limit=2, after=position))
    assert all(len(page.items) <= 2 for page in pages)
    return [item for page in pages for item in page.items]


def test_a_webhook_is_found_as_it_was_written(stores: Stores) -> None:
    webhook = rotate_secret(a_webhook(), "another", overlap=timedelta(days=1))
    added(stores, webhook)

    assert stores.webhooks.find(webhook.webhook_id) == webhook
    assert stores.webhooks.find("unknown") is None


def test_an_event_matches_each_webhook_of_its_type_or_of_every_event_once(stores: Stores) -> None:
    wanting = [a_webhook(*names, sees_all=True) for names in ((), ("users/*",), ("*",))]
    added(stores, *wanting, *(a_webhook(name, sees_all=True) for name in ("users/UserUpdated.v1", "files/*")))

    assert matching(stores) == {each.webhook_id for each in wanting}


def test_a_member_s_webhook_matches_only_the_member_s_events(stores: Stores) -> None:
    alice, bob, alice_all = a_webhook(), a_webhook(owner="bob"), a_webhook("*")
    added(stores, alice, bob, alice_all)

    assert matching(stores) == set()
    assert matching(stores, owner="alice") == {alice.webhook_id, alice_all.webhook_id}
    assert matching(stores, owner="bob") == {bob.webhook_id}


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 12])
def test_each_matching_webhook_is_found_once_page_by_page(stores: Stores, count: int) -> None:
    kinds = [((), True), (("users/*",), True), (("*",), True), ((), False), (("users/*",), False), (("*",), False)]
    wanting = [a_webhook(*names, sees_all=sees_all) for names, sees_all in (kinds * 2)[:count]]
    added(stores, *wanting, a_webhook(owner="bob"))

    assert matching(stores, owner="alice") == {each.webhook_id for each in wanting}


def test_a_webhook_that_is_disabled_or_changed_or_deleted_matches_no_more(stores: Stores) -> None:
    first, second, third = (a_webhook(sees_all=True) for _ in range(3))
    added(stores, first, second, third)

    stores.webhooks.replace(first, changed(first, enabled=False))
    stores.webhooks.replace(second, changed(second, event_types=("users/UserUpdated.v1", "users/UserCreated.v2")))
    stores.webhooks.delete(third)

    assert matching(stores) == set()
    assert matching(stores, "users/UserUpdated.v1") == {second.webhook_id}
    assert stores.webhooks.find(third.webhook_id) is None


def test_a_webhook_that_is_enabled_again_matches_again(stores: Stores) -> None:
    webhook = a_webhook(sees_all=True)
    added(stores, webhook)
    disabled = changed(webhook, enabled=False)
    stores.webhooks.replace(webhook, disabled)

    stores.webhooks.replace(disabled, changed(disabled, enabled=True))

    assert matching(stores) == {webhook.webhook_id}


def test_a_change_or_deletion_of_a_stale_version_is_refused_and_changes_nothing(stores: Stores) -> None:
    webhook = a_webhook(sees_all=True)
    added(stores, webhook)
    newer = changed(webhook, description="newer")
    stores.webhooks.replace(webhook, newer)

    with pytest.raises(StaleWebhook):
        stores.webhooks.replace(webhook, changed(webhook, enabled=False))
    with pytest.raises(StaleWebhook):
        stores.webhooks.delete(webhook)

    assert stores.webhooks.find(webhook.webhook_id) == newer
    assert matching(stores) == {webhook.webhook_id}


def test_webhooks_are_listed_by_owner_or_all_in_pages(stores: Stores) -> None:
    mine = sorted((a_webhook() for _ in range(5)), key=lambda each: each.webhook_id)
    theirs = a_webhook(owner="bob")
    added(stores, *mine, theirs)

    assert all_pages(partial(stores.webhooks.list_page, restricted_to="alice")) == mine
    assert len(stores.webhooks.list_page(restricted_to=None, limit=10, after=None).items) == 6
    assert stores.webhooks.list_page(restricted_to="stranger", limit=10, after=None).items == []


def known(stores: Stores, webhook: Webhook) -> Webhook:
    found = stores.webhooks.find(webhook.webhook_id)
    assert found
    return found


def test_failures_are_recorded_and_cleared_without_a_new_version(stores: Stores) -> None:
    webhook = a_webhook()
    added(stores, webhook)
    first, second, third = (datetime.now(UTC) + timedelta(hours=hour) for hour in range(3))

    stores.webhooks.record_failure(webhook, since=first, at=first)
    begun = known(stores, webhook)
    assert begun == replace(webhook, failing_since=first, failed_at=first)
    stores.webhooks.record_failure(begun, since=first, at=second)
    assert known(stores, webhook) == replace(webhook, failing_since=first, failed_at=second)
    # A worker that has not seen the first failure is late.
    stores.webhooks.record_failure(webhook, since=third, at=third)
    assert known(stores, webhook) == replace(webhook, failing_since=first, failed_at=second)

    for _ in range(2):
        stores.webhooks.record_success(begun)
        assert known(stores, webhook) == webhook
    # A worker that has not seen the success is late.
    stores.webhooks.record_failure(begun, since=first, at=third)
    assert known(stores, webhook) == webhook


def test_a_success_keeps_a_webhook_from_being_disabled_for_earlier_failures(stores: Stores) -> None:
    webhook = replace(a_webhook(sees_all=True), failing_since=datetime.now(UTC), failed_at=datetime.now(UTC))
    added(stores, webhook)
    disabled, event = disable_webhook(webhook, "failing")
    stores.webhooks.record_success(webhook)

    with pytest.raises(StaleWebhook):
        stores.webhooks.replace(webhook, disabled, event=event, if_still_failing=True)

    assert known(stores, webhook).enabled
    assert matching(stores) == {webhook.webhook_id}
    now = known(stores, webhook)
    stores.webhooks.replace(now, disable_webhook(now, "failing")[0], if_still_failing=True)
    assert not known(stores, webhook).enabled


def test_a_change_keeps_the_failures_that_were_recorded_meanwhile(stores: Stores) -> None:
    now = datetime.now(UTC)
    began, ended = a_webhook(), replace(a_webhook(), failing_since=now)
    added(stores, began, ended)
    stores.webhooks.record_failure(began, since=now, at=now)
    stores.webhooks.record_success(ended)

    for webhook in (began, ended):
        stores.webhooks.replace(webhook, changed(webhook, description="CRM"))

    first, second = (stores.webhooks.find(each.webhook_id) for each in (began, ended))
    assert first
    assert second
    assert first.failing_since
    assert second.failing_since is None
    assert {first.description, second.description} == {"CRM"}


def test_a_change_can_clear_the_failures_and_the_description(stores: Stores) -> None:
    now = datetime.now(UTC)
    webhook = replace(a_webhook(), failing_since=now, failed_at=now, description="CRM")
    added(stores, webhook)
    disabled, event = disable_webhook(webhook, "failing")
    stores.webhooks.replace(webhook, disabled, event=event)

    after = changed(disabled, enabled=True, description=None)
    stores.webhooks.replace(disabled, after)

    assert stores.webhooks.find(webhook.webhook_id) == after
    assert (after.failing_since, after.failed_at, after.disabled_because, after.description) == (None,) * 4


def test_recording_the_health_of_a_deleted_webhook_creates_nothing(stores: Stores) -> None:
    webhook = a_webhook()

    stores.webhooks.record_failure(webhook, since=webhook.created_at, at=webhook.created_at)
    stores.webhooks.record_success(webhook)

    assert stores.webhooks.find(webhook.webhook_id) is None


def test_a_delivery_is_added_once_and_found_as_it_was_written(stores: Stores) -> None:
    delivery = after_attempt(a_delivery(a_webhook()), an_attempt(retry_after_s=7), delays_s=[5])

    assert stores.deliveries.add(delivery) is True
    assert stores.deliveries.add(replace(delivery, state="delivered")) is False

    assert stores.deliveries.find(delivery.webhook_id, delivery.delivery_id) == delivery
    assert stores.deliveries.find(delivery.webhook_id, "nothing") is None


def test_the_first_of_two_records_of_an_attempt_stays(stores: Stores) -> None:
    before = added_delivery(stores, a_delivery(a_webhook()))
    first = after_attempt(before, an_attempt(status=204), delays_s=[5])

    assert stores.deliveries.replace(before, first) is True
    assert stores.deliveries.replace(before, after_attempt(before, an_attempt(), delays_s=[5])) is False

    assert stores.deliveries.find(before.webhook_id, before.delivery_id) == first


def test_an_attempt_in_progress_does_not_overwrite_a_redelivery(stores: Stores) -> None:
    before = added_delivery(stores, after_attempt(a_delivery(a_webhook()), an_attempt(), delays_s=[5]))
    again = restarted(before)

    assert stores.deliveries.replace(before, again) is True
    assert stores.deliveries.replace(before, after_attempt(before, an_attempt(2), delays_s=[5])) is False
    assert stores.deliveries.replace(before, cancelled(before)) is False

    assert stores.deliveries.find(before.webhook_id, before.delivery_id) == again


def test_deliveries_are_listed_newest_first_in_pages_of_their_webhook(stores: Stores) -> None:
    webhook = a_webhook()
    deliveries = [a_delivery(webhook) for _ in range(5)]
    for delivery in [*deliveries, a_delivery(a_webhook())]:
        stores.deliveries.add(delivery)

    seen = all_pages(partial(stores.deliveries.list_page, webhook.webhook_id))

    assert seen == sorted(deliveries, key=lambda each: each.delivery_id, reverse=True)


def test_a_change_keeps_attributes_of_another_release(make_table: Callable[[str], None]) -> None:
    make_table("webhooks")
    webhook = a_webhook()
    WebhookRepository().add(webhook)
    boto3.client("dynamodb").update_item(
        TableName="webhooks",
        Key={"pk": {"S": f"WEBHOOK#{webhook.webhook_id}"}, "sk": {"S": "WEBHOOK"}},
        UpdateExpression="SET tenant = :tenant",
        ExpressionAttributeValues={":tenant": {"S": "eu"}},
    )

    WebhookRepository().replace(webhook, changed(webhook, description="CRM"))

    [item] = [each for each in items() if each["pk"]["S"] == f"WEBHOOK#{webhook.webhook_id}"]
    assert (item["tenant"], item["description"]) == ({"S": "eu"}, {"S": "CRM"})


def test_the_event_of_a_change_is_in_the_outbox(make_table: Callable[[str], None]) -> None:
    make_table("webhooks")
    webhook = a_webhook()
    WebhookRepository().add(webhook)
    after, event = disable_webhook(webhook, "gone")

    WebhookRepository().replace(webhook, after, event=event)

    assert [item["envelope"]["S"] for item in items() if item["pk"]["S"] == f"OUTBOX#{event.event_id}"] == [
        event.to_json()
    ]


def test_a_webhook_with_the_most_event_types_can_replace_all_of_them(
    make_table: Callable[[str], None],
) -> None:
    make_table("webhooks")
    webhook = a_webhook(*(f"users/Old{number}.v1" for number in range(40)))
    WebhookRepository().add(webhook)

    WebhookRepository().replace(webhook, changed(webhook, event_types=tuple(f"users/New{n}.v1" for n in range(40))))

    assert len([item for item in items() if item["pk"]["S"].startswith("WANTED#")]) == 40


def test_no_secret_is_stored_in_plain_text_and_deliveries_expire(make_table: Callable[[str], None]) -> None:
    make_table("webhooks")
    webhook = a_webhook()
    WebhookRepository().add(webhook)
    DeliveryRepository().add(a_delivery(webhook))

    [delivery] = [item for item in items() if item["pk"]["S"].startswith("DELIVERIES#")]
    assert float(delivery["expires_at"]["N"]) > time.time() + INBOX_KEPT_S
    assert "whsec_" not in str(items())


def test_the_largest_event_fits_a_delivery(stores: Stores) -> None:
    webhook = a_webhook()
    event = an_event(text="x" * 255_000)
    delivery = replace(a_delivery(webhook), body=event.to_json(), attempts=tuple(an_attempt(n) for n in range(50)))

    assert stores.deliveries.add(delivery)
    assert stores.deliveries.find(webhook.webhook_id, delivery.delivery_id) == delivery


def test_an_owner_has_as_many_webhooks_as_the_quota_allows(stores: Stores) -> None:
    first, *_ = webhooks = [a_webhook() for _ in range(PER_OWNER)]
    added(stores, *webhooks)

    with pytest.raises(TooManyWebhooks, match="12 webhooks"):
        stores.webhooks.add(a_webhook())
    stores.webhooks.add(a_webhook(owner="bob"))
    stores.webhooks.delete(first)
    stores.webhooks.add(a_webhook())
    with pytest.raises(TooManyWebhooks):
        stores.webhooks.add(a_webhook())
