"""Quotas: what an owner has is counted exactly, whatever happens at the same time."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import boto3
import pytest
from moto.core.botocore_stubber import BotocoreStubber
from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.models import Model
from pynamodb.transactions import TransactWrite

from functions.shared.aws.dynamodb import ConditionFailed, TableMeta, commit
from functions.shared.aws.quotas import SETTLED_MS, Quota, QuotaExceeded, QuotaItem, Usage
from tests.tables import aws_in_memory

PER_OWNER = Usage(items=5, size_bytes=100)


class Thing(Model):
    class Meta(TableMeta):
        table_name = "things"

    pk = UnicodeAttribute(hash_key=True)
    owner = UnicodeAttribute(null=True)
    size_bytes = NumberAttribute(default=1)


class Counter(QuotaItem):
    class Meta(TableMeta):
        table_name = "things"


class Things:
    """A service's store with a quota; `counts` is the number of counts anew."""

    def __init__(self) -> None:
        self.counts = 0
        self.quota = Quota(Counter, at_most=PER_OWNER, count=self._count)

    def add(self, owner: str, *, size_bytes: int = 1, key: str | None = None) -> Thing:
        thing = Thing(pk=key or uuid4().hex, owner=owner, size_bytes=size_bytes)

        def fill(transaction: TransactWrite) -> None:
            transaction.save(thing, condition=Thing.pk.does_not_exist())

        self.quota.commit(fill, owner=owner, more=Usage(items=1, size_bytes=size_bytes))
        return thing

    def remove(self, thing: Thing) -> None:
        def fill(transaction: TransactWrite) -> None:
            transaction.delete(thing)
            self.quota.release(transaction, owner=thing.owner, less=Usage(items=1, size_bytes=int(thing.size_bytes)))

        commit(Thing, fill)

    def of(self, owner: str) -> list[Thing]:
        return [thing for thing in Thing.scan() if thing.owner == owner]

    def _count(self, owner: str) -> Usage:
        self.counts += 1
        found = self.of(owner)
        return Usage(items=len(found), size_bytes=sum(int(thing.size_bytes) for thing in found))


@pytest.fixture
def things() -> Iterator[Things]:
    with aws_in_memory():
        boto3.client("dynamodb").create_table(
            TableName="things",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        )
        yield Things()


@pytest.fixture
def one_request_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """DynamoDB's requests are atomic; moto's are if no two run at once."""
    lock, answer = threading.Lock(), BotocoreStubber.__call__

    def locked(self: BotocoreStubber, *arguments: Any, **named: Any) -> Any:
        with lock:
            return answer(self, *arguments, **named)

    monkeypatch.setattr(BotocoreStubber, "__call__", locked)


def settle() -> None:
    """Let the last change of each counter be long ago."""
    for counter in Counter.scan(Counter.pk.startswith("QUOTA#")):
        counter.update(actions=[Counter.changed_at_ms.set(Counter.changed_at_ms - SETTLED_MS)])


def refused(add: Callable[[], object]) -> QuotaExceeded | None:
    try:
        add()
    except QuotaExceeded as error:
        return error
    return None


def test_an_owner_can_have_as_many_items_as_the_quota_allows_and_no_other_owner_has_less(things: Things) -> None:
    for _ in range(5):
        things.add("ada")

    error = refused(lambda: things.add("ada"))

    assert error
    assert error.of_items
    assert len(things.of("ada")) == 5
    things.add("bob")


def test_an_owner_can_have_as_many_bytes_as_the_quota_allows(things: Things) -> None:
    things.add("ada", size_bytes=60)

    error = refused(lambda: things.add("ada", size_bytes=41))

    assert error
    assert not error.of_items
    things.add("ada", size_bytes=40)


def test_a_removed_item_makes_room_at_once(things: Things) -> None:
    added = [things.add("ada", size_bytes=20) for _ in range(5)]

    things.remove(added[0])

    things.add("ada", size_bytes=20)
    assert refused(lambda: things.add("ada"))


@pytest.mark.usefixtures("one_request_at_a_time")
def test_concurrent_creations_give_exactly_the_quota(things: Things) -> None:
    with ThreadPoolExecutor(12) as pool:
        errors = list(pool.map(lambda _: refused(lambda: things.add("ada")), range(24)))

    assert errors.count(None) == 5
    assert len(things.of("ada")) == 5


@pytest.mark.usefixtures("one_request_at_a_time")
def test_concurrent_creations_give_exactly_the_quota_after_a_count_anew(things: Things) -> None:
    expired = [things.add("ada") for _ in range(5)]
    for thing in expired[:3]:
        thing.delete()
    settle()

    with ThreadPoolExecutor(12) as pool:
        errors = list(pool.map(lambda _: refused(lambda: things.add("ada")), range(24)))

    assert errors.count(None) == 3
    assert len(things.of("ada")) == 5


def test_expired_items_are_counted_no_longer_once_the_index_is_up_to_date(things: Things) -> None:
    for thing in [things.add("ada") for _ in range(5)]:
        thing.delete()

    assert refused(lambda: things.add("ada"))
    settle()
    for _ in range(5):
        things.add("ada")
    assert refused(lambda: things.add("ada"))


def test_an_owner_at_the_limit_causes_one_count_a_minute(things: Things) -> None:
    for _ in range(5):
        things.add("ada")
    settle()
    things.counts = 0

    assert all(refused(lambda: things.add("ada")) for _ in range(3))

    assert things.counts == 1


def test_what_an_owner_had_before_there_were_quotas_is_counted(things: Things) -> None:
    for _ in range(4):
        Thing(pk=uuid4().hex, owner="ada").save()

    things.add("ada")

    assert refused(lambda: things.add("ada"))


def test_a_removal_before_the_first_count_gives_no_credit(things: Things) -> None:
    before = [Thing(pk=uuid4().hex, owner="ada") for _ in range(5)]
    for thing in before:
        thing.save()
    things.remove(before[0])

    things.add("ada")

    assert refused(lambda: things.add("ada"))


def test_another_failed_condition_is_not_taken_for_the_quota(things: Things) -> None:
    things.add("ada", key="taken")

    with pytest.raises(ConditionFailed):
        things.add("ada", key="taken")
    for _ in range(4):
        things.add("ada")
    with pytest.raises(ConditionFailed):
        things.add("ada", key="taken")


def test_an_owner_with_too_many_items_may_still_use_more_bytes(things: Things) -> None:
    """The quota was lowered, or there was none when the owner created the items."""
    for _ in range(PER_OWNER.items):
        things.add("ada")
    lower = Quota(Counter, at_most=Usage(items=2, size_bytes=100), count=things._count)  # noqa: SLF001 - the same things

    def fill(transaction: TransactWrite) -> None:
        transaction.save(Thing(pk=uuid4().hex))

    lower.commit(fill, owner="ada", more=Usage(size_bytes=50))
    with pytest.raises(QuotaExceeded) as bytes_error:
        lower.commit(fill, owner="ada", more=Usage(size_bytes=50))
    with pytest.raises(QuotaExceeded) as items_error:
        lower.commit(fill, owner="ada", more=Usage(items=1))

    assert (bytes_error.value.of_items, items_error.value.of_items) == (False, True)
