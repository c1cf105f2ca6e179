"""The stores of webhooks in memory, a queue that keeps its tasks, and a sender that keeps its calls."""

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from functions.shared.http.pages import Page
from functions.shared.messaging.events import Event
from functions.shared.messaging.work_queue import Task
from functions.webhooks.deliveries import Delivery
from functions.webhooks.domain import Webhook, matching_names
from functions.webhooks.errors import StaleWebhook, TooManyWebhooks
from functions.webhooks.ports import Outcome

if TYPE_CHECKING:
    from functions.webhooks.ports import DeliveryStore, Sender, TaskQueue, WebhookStore


class FakeWebhookStore:
    """The `WebhookStore` in memory.

    `events` contains the events written with the webhooks. Each call of `replace` raises the next of `failures`.
    """

    def __init__(self, *, webhooks_per_owner: int = 1000) -> None:
        self.webhooks_per_owner = webhooks_per_owner
        self.webhooks: dict[str, Webhook] = {}
        self.events: list[Event] = []
        self.failures: list[Exception] = []

    def add(self, webhook: Webhook) -> None:
        if sum(each.owner == webhook.owner for each in self.webhooks.values()) >= self.webhooks_per_owner:
            raise TooManyWebhooks(self.webhooks_per_owner)
        self.webhooks[webhook.webhook_id] = webhook

    def replace(
        self, before: Webhook, after: Webhook, *, event: Event | None = None, if_still_failing: bool = False
    ) -> None:
        if self.failures:
            raise self.failures.pop(0)
        known = self._check(before)
        if if_still_failing and known.failing_since != before.failing_since:
            raise StaleWebhook
        changes = {name: value for name, value in _values(after).items() if value != _values(before)[name]}
        self.webhooks[after.webhook_id] = replace(known, **changes)
        if event:
            self.events.append(event)

    def delete(self, webhook: Webhook) -> None:
        self._check(webhook)
        del self.webhooks[webhook.webhook_id]

    def find(self, webhook_id: str) -> Webhook | None:
        return self.webhooks.get(webhook_id)

    def list_page(self, *, restricted_to: str | None, limit: int, after: str | None) -> Page[Webhook]:
        found = sorted(
            (
                each
                for each in self.webhooks.values()
                if restricted_to in (None, each.owner) and each.webhook_id > (after or "")
            ),
            key=lambda each: each.webhook_id,
        )
        more = len(found) > limit
        return Page(items=found[:limit], next_position=found[limit - 1].webhook_id if more else None)

    def list_matching(self, event_type: str, *, owner: str | None, limit: int, after: str | None) -> Page[str]:
        found = sorted(
            each.webhook_id
            for each in self.webhooks.values()
            if each.enabled
            and {*matching_names(event_type)} & {*each.event_types}
            and (each.sees_all or each.owner == owner)
            and each.webhook_id > (after or "")
        )
        more = len(found) > limit
        return Page(items=found[:limit], next_position=found[limit - 1] if more else None)

    def record_failure(self, webhook: Webhook, *, since: datetime, at: datetime) -> None:
        known = self.webhooks.get(webhook.webhook_id)
        if known and known.failing_since == webhook.failing_since:
            self.webhooks[webhook.webhook_id] = replace(known, failing_since=since, failed_at=at)

    def record_success(self, webhook: Webhook) -> None:
        known = self.webhooks.get(webhook.webhook_id)
        if known:
            self.webhooks[webhook.webhook_id] = replace(known, failing_since=None, failed_at=None)

    def _check(self, before: Webhook) -> Webhook:
        known = self.webhooks.get(before.webhook_id)
        if known is None or known.version != before.version:
            raise StaleWebhook
        return known


def _values(webhook: Webhook) -> dict[str, Any]:
    return {each.name: getattr(webhook, each.name) for each in fields(webhook)}


class FakeDeliveryStore:
    """The `DeliveryStore` in memory; each write raises the next of `failures`."""

    def __init__(self) -> None:
        self.deliveries: dict[tuple[str, str], Delivery] = {}
        self.failures: list[BaseException] = []

    def add(self, delivery: Delivery) -> bool:
        if self.failures:
            raise self.failures.pop(0)
        key = (delivery.webhook_id, delivery.delivery_id)
        if key in self.deliveries:
            return False
        self.deliveries[key] = delivery
        return True

    def replace(self, before: Delivery, after: Delivery) -> bool:
        if self.failures:
            raise self.failures.pop(0)
        key = (after.webhook_id, after.delivery_id)
        known = self.deliveries.get(key)
        if known is None or (known.attempts_made, known.due_at) != (before.attempts_made, before.due_at):
            return False
        self.deliveries[key] = after
        return True

    def find(self, webhook_id: str, delivery_id: str) -> Delivery | None:
        return self.deliveries.get((webhook_id, delivery_id))

    def list_page(self, webhook_id: str, *, limit: int, after: str | None) -> Page[Delivery]:
        found = sorted(
            (
                each
                for each in self.deliveries.values()
                if each.webhook_id == webhook_id and (after is None or each.delivery_id < after)
            ),
            key=lambda each: each.delivery_id,
            reverse=True,
        )
        more = len(found) > limit
        return Page(items=found[:limit], next_position=found[limit - 1].delivery_id if more else None)


class FakeTaskQueue:
    """The `TaskQueue` in memory; each call raises the next of `failures`, or sends its tasks if that is None."""

    def __init__(self, *failures: BaseException | None) -> None:
        self.sent: list[Task] = []
        self.failures = list(failures)

    def send(self, tasks: Sequence[Task]) -> None:
        if self.failures and (failure := self.failures.pop(0)):
            raise failure
        self.sent += tasks


class FakeSender:
    """Returns the next outcome for each call, and the last outcome for all further calls."""

    def __init__(self, *outcomes: Outcome) -> None:
        self.outcomes = list(outcomes) or [Outcome(status=204)]
        self.calls: list[tuple[str, bytes, Mapping[str, str]]] = []

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Outcome:
        self.calls.append((url, body, headers))
        return self.outcomes.pop(0) if len(self.outcomes) > 1 else self.outcomes[0]


if TYPE_CHECKING:
    _: WebhookStore = FakeWebhookStore()
    __: DeliveryStore = FakeDeliveryStore()
    ___: TaskQueue = FakeTaskQueue()
    ____: Sender = FakeSender()
