"""One contract of each store, for the fakes and for the repositories on DynamoDB."""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from functions.shared.messaging.inbox_item import INBOX_KEPT_S
from functions.webhooks.deliveries import Delivery, after_attempt, asked_for_again, cancelled
from functions.webhooks.delivery_repository import DeliveryRepository
from functions.webhooks.domain import Changes, Webhook, change_webhook, disable_webhook, rotate_secret
from functions.webhooks.errors import StaleVersion
from functions.webhooks.repository import WebhookRepository
from functions.webhooks.stores import Stores
from tests.webhooks.fakes import FakeDeliveryStore, FakeWebhookStore
from tests.webhooks.things import a_delivery, a_webhook, an_attempt, an_event


@pytest.fixture(params=["fake", "dynamodb"])
def stores(request: pytest.FixtureRequest) -> Stores:
    if request.param == "fake":
        return Stores(webhooks=FakeWebhookStore(), deliveries=FakeDeliveryStore())
    make_table: Callable[[str], None] = request.getfixturevalue("make_table")
    make_table("webhooks")
    return Stores(webhooks=WebhookRepository(), deliveries=DeliveryRepository())


def items() -> list[dict[str, Any]]:
    return boto3.client("dynamodb").scan(TableName="webhooks")["Items"]


def added(stores: Stores, *webhooks: Webhook) -> None:
    for webhook in webhooks:
        stores.webhooks.add(webhook)


def changed(webhook: Webhook, **changes: Any) -> Webhook:
    after = change_webhook(webhook, Changes(given=frozenset(changes), **changes))
    assert after
    return after


def matching(stores: Stores, event_type: str = "users/UserCreated.v1", *, owner: str | None = None) -> set[str]:
    found: list[str] = []
    position = None
    while True:
        page = stores.webhooks.find_matching(event_type, owner=owner, limit=2, after=position)
        assert len(page.items) <= 2
        found += page.items
        position = page.next_position
        if position is None:
            break
    assert len(found) == len(set(found))
    return set(found)


def test_a_webhook_is_found_as_it_was_written(stores: Stores) -> None:
    webhook = rotate_secret(a_webhook(), "another", overlap=timedelta(days=1))
    added(stores, webhook)

    assert stores.webhooks.find(webhook.webhook_id) == webhook
    assert stores.webhooks.find("nobody") is None


def test_an_event_finds_who_wants_it_or_everything_each_once(stores: Stores) -> None:
    wanting = [a_webhook(*names, sees_all=True) for names in ((), ("users/*",), ("*",))]
    added(stores, *wanting, *(a_webhook(name, sees_all=True) for name in ("users/UserUpdated.v1", "files/*")))

    assert matching(stores) == {each.webhook_id for each in wanting}


def test_a_member_s_webhook_finds_the_member_s_events_alone(stores: Stores) -> None:
    alice, bob, alice_all = a_webhook(), a_webhook(owner="bob"), a_webhook("*")
    added(stores, alice, bob, alice_all)

    assert matching(stores) == set()
    assert matching(stores, owner="alice") == {alice.webhook_id, alice_all.webhook_id}
    assert matching(stores, owner="bob") == {bob.webhook_id}


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 12])
def test_however_many_want_an_event_each_is_found_once_page_by_page(stores: Stores, count: int) -> None:
    kinds = [((), True), (("users/*",), True), (("*",), True), ((), False), (("users/*",), False), (("*",), False)]
    wanting = [a_webhook(*names, sees_all=sees_all) for names, sees_all in (kinds * 2)[:count]]
    added(stores, *wanting, a_webhook(owner="bob"))

    assert matching(stores, owner="alice") == {each.webhook_id for each in wanting}


def test_what_is_disabled_or_wants_it_no_more_is_not_found(stores: Stores) -> None:
    first, second, third = (a_webhook(sees_all=True) for _ in range(3))
    added(stores, first, second, third)

    stores.webhooks.replace(first, changed(first, enabled=False))
    stores.webhooks.replace(second, changed(second, event_types=("users/UserUpdated.v1", "users/UserCreated.v2")))
    stores.webhooks.delete(third)

    assert matching(stores) == set()
    assert matching(stores, "users/UserUpdated.v1") == {second.webhook_id}
    assert stores.webhooks.find(third.webhook_id) is None


def test_what_is_enabled_again_is_found_again(stores: Stores) -> None:
    webhook = a_webhook(sees_all=True)
    added(stores, webhook)
    off = changed(webhook, enabled=False)
    stores.webhooks.replace(webhook, off)

    stores.webhooks.replace(off, changed(off, enabled=True))

    assert matching(stores) == {webhook.webhook_id}


def test_a_change_or_deletion_of_an_older_version_is_refused_and_leaves_all_as_it_is(stores: Stores) -> None:
    webhook = a_webhook(sees_all=True)
    added(stores, webhook)
    newer = changed(webhook, description="newer")
    stores.webhooks.replace(webhook, newer)

    with pytest.raises(StaleVersion):
        stores.webhooks.replace(webhook, changed(webhook, enabled=False))
    with pytest.raises(StaleVersion):
        stores.webhooks.delete(webhook)

    assert stores.webhooks.find(webhook.webhook_id) == newer
    assert matching(stores) == {webhook.webhook_id}


def test_a_list_is_of_an_owner_or_of_all_in_pages(stores: Stores) -> None:
    mine = sorted((a_webhook() for _ in range(5)), key=lambda each: each.webhook_id)
    theirs = a_webhook(owner="bob")
    added(stores, *mine, theirs)

    seen: list[Webhook] = []
    position = None
    while True:
        page = stores.webhooks.list_page(owner="alice", limit=2, after=position)
        seen += page.items
        position = page.next_position
        if position is None:
            break

    assert seen == mine
    assert len(stores.webhooks.list_page(owner=None, limit=10, after=None).items) == 6
    assert stores.webhooks.list_page(owner="nobody", limit=10, after=None).items == []


def known(stores: Stores, webhook: Webhook) -> Webhook:
    found = stores.webhooks.find(webhook.webhook_id)
    assert found
    return found


def test_failing_is_noted_and_forgotten_without_a_new_version(stores: Stores) -> None:
    webhook = a_webhook()
    added(stores, webhook)
    first, second, third = (datetime.now(UTC) + timedelta(hours=hour) for hour in range(3))

    stores.webhooks.note_failure(webhook, since=first, at=first)
    begun = known(stores, webhook)
    assert begun == replace(webhook, failing_since=first, failed_at=first)
    stores.webhooks.note_failure(begun, since=first, at=second)
    assert known(stores, webhook) == replace(webhook, failing_since=first, failed_at=second)
    # Who saw no failure yet is late: the first one has been noted.
    stores.webhooks.note_failure(webhook, since=third, at=third)
    assert known(stores, webhook) == replace(webhook, failing_since=first, failed_at=second)

    for _ in range(2):
        stores.webhooks.note_success(begun)
        assert known(stores, webhook) == webhook
    # Who saw the failures before the success is late, too.
    stores.webhooks.note_failure(begun, since=first, at=third)
    assert known(stores, webhook) == webhook


def test_a_success_meanwhile_keeps_a_webhook_from_being_disabled_for_its_failures(stores: Stores) -> None:
    webhook = replace(a_webhook(sees_all=True), failing_since=datetime.now(UTC), failed_at=datetime.now(UTC))
    added(stores, webhook)
    off, event = disable_webhook(webhook, "failing")
    stores.webhooks.note_success(webhook)

    with pytest.raises(StaleVersion):
        stores.webhooks.replace(webhook, off, event=event, while_failing=True)

    assert known(stores, webhook).enabled
    assert matching(stores) == {webhook.webhook_id}
    now = known(stores, webhook)
    stores.webhooks.replace(now, disable_webhook(now, "failing")[0], while_failing=True)
    assert not known(stores, webhook).enabled


def test_a_change_leaves_what_others_have_noted_of_failures_meanwhile(stores: Stores) -> None:
    now = datetime.now(UTC)
    began, ended = a_webhook(), replace(a_webhook(), failing_since=now)
    added(stores, began, ended)
    stores.webhooks.note_failure(began, since=now, at=now)
    stores.webhooks.note_success(ended)

    for webhook in (began, ended):
        stores.webhooks.replace(webhook, changed(webhook, description="CRM"))

    first, second = (stores.webhooks.find(each.webhook_id) for each in (began, ended))
    assert first
    assert second
    assert first.failing_since
    assert second.failing_since is None
    assert {first.description, second.description} == {"CRM"}


def test_who_enables_a_webhook_takes_its_failures_and_its_description_away(stores: Stores) -> None:
    now = datetime.now(UTC)
    webhook = replace(a_webhook(), failing_since=now, failed_at=now, description="CRM")
    added(stores, webhook)
    off, event = disable_webhook(webhook, "failing")
    stores.webhooks.replace(webhook, off, event=event)

    after = changed(off, enabled=True, description=None)
    stores.webhooks.replace(off, after)

    assert stores.webhooks.find(webhook.webhook_id) == after
    assert (after.failing_since, after.failed_at, after.disabled_because, after.description) == (None,) * 4


def test_the_health_of_what_was_deleted_makes_nothing(stores: Stores) -> None:
    webhook = a_webhook()

    stores.webhooks.note_failure(webhook, since=webhook.created_at, at=webhook.created_at)
    stores.webhooks.note_success(webhook)

    assert stores.webhooks.find(webhook.webhook_id) is None


def test_a_delivery_is_added_once_and_found_as_it_was_written(stores: Stores) -> None:
    delivery = after_attempt(a_delivery(a_webhook()), an_attempt(retry_after_s=7), delays_s=[5])

    assert stores.deliveries.add(delivery) is True
    assert stores.deliveries.add(replace(delivery, state="delivered")) is False

    assert stores.deliveries.find(delivery.webhook_id, delivery.delivery_id) == delivery
    assert stores.deliveries.find(delivery.webhook_id, "nothing") is None


def test_two_records_of_one_attempt_leave_the_first(stores: Stores) -> None:
    before = a_delivery(a_webhook())
    stores.deliveries.add(before)
    first = after_attempt(before, an_attempt(status=204), delays_s=[5])

    assert stores.deliveries.replace(before, first) is True
    assert stores.deliveries.replace(before, after_attempt(before, an_attempt(), delays_s=[5])) is False

    assert stores.deliveries.find(before.webhook_id, before.delivery_id) == first


def test_an_attempt_that_was_under_way_does_not_undo_that_its_delivery_was_asked_for_again(stores: Stores) -> None:
    before = after_attempt(a_delivery(a_webhook()), an_attempt(), delays_s=[5])
    stores.deliveries.add(before)
    again = asked_for_again(before)

    assert stores.deliveries.replace(before, again) is True
    assert stores.deliveries.replace(before, after_attempt(before, an_attempt(2), delays_s=[5])) is False
    assert stores.deliveries.replace(before, cancelled(before)) is False

    assert stores.deliveries.find(before.webhook_id, before.delivery_id) == again


def test_deliveries_are_listed_newest_first_in_pages_of_their_webhook(stores: Stores) -> None:
    webhook = a_webhook()
    deliveries = [a_delivery(webhook) for _ in range(5)]
    for delivery in [*deliveries, a_delivery(a_webhook())]:
        stores.deliveries.add(delivery)

    seen: list[Delivery] = []
    position = None
    while True:
        page = stores.deliveries.list_page(webhook.webhook_id, limit=2, after=position)
        seen += page.items
        position = page.next_position
        if position is None:
            break

    assert seen == sorted(deliveries, key=lambda each: each.delivery_id, reverse=True)


def test_a_change_leaves_what_only_another_release_knows_of(make_table: Callable[[str], None]) -> None:
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


def test_a_webhook_of_as_many_events_as_one_can_have_is_changed_to_as_many_others(
    make_table: Callable[[str], None],
) -> None:
    make_table("webhooks")
    webhook = a_webhook(*(f"users/Old{number}.v1" for number in range(40)))
    WebhookRepository().add(webhook)

    WebhookRepository().replace(webhook, changed(webhook, event_types=tuple(f"users/New{n}.v1" for n in range(40))))

    assert len([item for item in items() if item["pk"]["S"].startswith("WANTED#")]) == 40


def test_no_secret_is_stored_as_it_is_and_deliveries_end(make_table: Callable[[str], None]) -> None:
    make_table("webhooks")
    webhook = a_webhook()
    WebhookRepository().add(webhook)
    DeliveryRepository().add(a_delivery(webhook))

    [delivery] = [item for item in items() if item["pk"]["S"].startswith("DELIVERIES#")]
    assert float(delivery["expires_at"]["N"]) > time.time() + INBOX_KEPT_S
    assert "whsec_" not in str(items())


def test_the_largest_event_is_a_delivery(stores: Stores) -> None:
    webhook = a_webhook()
    event = an_event(text="x" * 255_000)
    delivery = replace(a_delivery(webhook), body=event.to_json(), attempts=tuple(an_attempt(n) for n in range(50)))

    assert stores.deliveries.add(delivery)
    assert stores.deliveries.find(webhook.webhook_id, delivery.delivery_id) == delivery
