"""The items that the repository of users writes, and the requests that it makes, beside its store's contract."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import batched
from typing import Any

import boto3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.shared.messaging.outbox import OUTBOX_KEPT_S
from functions.users.domain import Details, User, create_user
from functions.users.errors import AddressResembles, EmailTaken, StaleUser
from functions.users.items import SHARDS, EmailItem, SignInItem, UserItem, item_of
from functions.users.repository import UserRepository, first_of, page_size_of
from tests.users.things import added, changed


@contextmanager
def requests_to_dynamodb() -> Iterator[list[dict[str, Any]]]:
    """Record the keys that are read from DynamoDB until the end of the block."""
    requests: list[dict[str, Any]] = []

    def note(params: dict[str, Any], **_: object) -> None:
        requests.append(params)

    hooks = [
        model._get_connection().connection.client.meta.events  # noqa: SLF001 - PynamoDB has no public way to its clients
        for model in (UserItem, EmailItem, SignInItem)
    ]
    for each in hooks:
        each.register("provide-client-params.dynamodb.GetItem", note)
    yield requests
    for each in hooks:
        each.unregister("provide-client-params.dynamodb.GetItem", note)


@contextmanager
def reads_of_the_index() -> Iterator[list[int]]:
    """Record the number of items in each query's answer until the end of the block."""
    counts: list[int] = []

    def note(parsed: dict[str, Any], **_: object) -> None:
        counts.append(parsed["Count"])

    events = UserItem._get_connection().connection.client.meta.events  # noqa: SLF001 - see above
    events.register("after-call.dynamodb.Query", note)
    yield counts
    events.unregister("after-call.dynamodb.Query", note)


def test_a_user_whom_the_index_shows_in_both_states_is_listed_once_as_last_written(
    make_table: Callable[[str], None],
) -> None:
    make_table("users")
    store = UserRepository()
    user = changed(store, added(store, "ada@example.com"), active=False)
    other = added(store, "grace@example.com")
    table = boto3.resource("dynamodb").Table("users")
    stale = table.get_item(Key={"pk": f"USER#{user.user_id}"})["Item"]
    # The index still has the item of the version before.
    table.put_item(Item=stale | {"pk": "STALE", "state": "active#3", "active": True, "version": 1})

    page = store.list_page(active=None, limit=10, after=None)

    assert page.items == [user, other]


@pytest.mark.parametrize("limit", [7, *(pytest.param(limit, marks=pytest.mark.slow) for limit in (1, 20, 100))])
def test_users_of_all_shards_are_listed_in_order_in_pages_of_a_bounded_cost(
    make_table: Callable[[str], None], limit: int
) -> None:
    make_table("users")
    store = UserRepository()
    users = [added(store, f"user{number}@example.com") for number in range(60)]
    off = [changed(store, user, active=False) for user in users[::5]]
    on = [user for number, user in enumerate(users) if number % 5]
    everyone = sorted([*on, *off], key=lambda user: user.user_id)

    for active, expected in ((None, everyone), (True, on), (False, off)):
        assert pages(store, active=active, limit=limit) == sorted(expected, key=lambda user: user.user_id)


def pages(store: UserRepository, *, active: bool | None, limit: int) -> list[User]:
    """List all users page by page; a page reads at most twice its number of users, and a few more from each shard."""
    found: list[User] = []
    after = None
    while True:
        with reads_of_the_index() as counts:
            page = store.list_page(active=active, limit=limit, after=after)
        parts = {None: SHARDS + 1, True: SHARDS, False: 1}[active]
        size = page_size_of(limit + 1, parts=parts)
        assert len(counts) <= parts + (limit + 1) // size + 1
        assert sum(counts) <= parts * size + limit + 1
        found += page.items
        after = page.next_position
        if after is None:
            return found


@given(
    st.lists(st.lists(st.integers(0, 10_000), max_size=150), min_size=1, max_size=SHARDS + 1),
    st.integers(1, 101),
)
def test_a_merged_page_is_the_head_of_the_sorted_whole_and_reads_no_part_further_than_it_needs(
    numbers: list[list[int]], count: int
) -> None:
    size = page_size_of(count, parts=len(numbers))
    read = [0] * len(numbers)

    def pages_of(part: int) -> Iterator[UserItem]:
        for page in batched(sorted(set(numbers[part])), size, strict=False):
            read[part] += len(page)
            yield from (UserItem(user_id=f"{number:05}", version=1) for number in page)

    items = first_of([pages_of(part) for part in range(len(numbers))], count)

    expected = sorted({number for part in numbers for number in part})[:count]
    assert [int(item.user_id) for item in items] == expected
    for part, known in enumerate(numbers):
        needed = len(set(known) & set(expected))
        assert read[part] <= needed + size


def test_a_page_of_a_hundred_evenly_spread_users_reads_less_than_twice_as_many() -> None:
    assert SHARDS * page_size_of(101, parts=SHARDS + 1) <= 2 * 100
    assert page_size_of(101, parts=1) == 101


@pytest.mark.slow
def test_active_users_are_spread_over_all_shards_and_stay_where_they_are(make_table: Callable[[str], None]) -> None:
    make_table("users")
    store, table = UserRepository(), boto3.resource("dynamodb").Table("users")
    users = [added(store, f"user{number}@example.com") for number in range(80)]

    def state(user: User) -> object:
        return table.get_item(Key={"pk": f"USER#{user.user_id}"})["Item"]["state"]

    before = [state(user) for user in users]
    after = [state(changed(store, changed(store, user, active=False), active=True)) for user in users[:10]]

    assert set(before) == {f"active#{shard}" for shard in range(SHARDS)}
    assert after == before[:10]


def test_the_shard_of_a_user_is_the_same_in_every_release() -> None:
    user, _ = create_user(Details(email="ada@example.com", name=None))

    shards = [item_of(replace(user, user_id=f"01938b2e-7c4a-7d3f-9a51-4f0c2b6d8e1{digit}")).state for digit in range(8)]

    assert shards == [f"active#{shard}" for shard in [2, 4, 6, 0, 3, 5, 7, 1]]


def test_the_repository_writes_the_event_in_the_same_transaction(make_table: Callable[[str], None]) -> None:
    make_table("users")
    user, event = create_user(Details(email="ada@example.com", name=None))
    UserRepository().add(user, event, request_token=None)

    keys = {item["pk"]["S"] for item in boto3.client("dynamodb").scan(TableName="users")["Items"]}

    assert keys == {f"USER#{user.user_id}", "EMAIL#ada@example.com", f"OUTBOX#{event.event_id}"}


def test_the_repository_writes_the_event_of_a_change_for_a_week(make_table: Callable[[str], None]) -> None:
    make_table("users")
    store = UserRepository()
    user = added(store, "ada@example.com")

    changed(store, user, active=False)

    items = boto3.client("dynamodb").scan(TableName="users")["Items"]
    outbox = [item for item in items if item["pk"]["S"].startswith("OUTBOX#")]
    assert {json.loads(item["envelope"]["S"])["type"] for item in outbox} == {"UserCreated.v1", "UserDeactivated.v1"}
    for item in outbox:
        assert float(item["expires_at"]["N"]) == pytest.approx(time.time() + OUTBOX_KEPT_S, abs=60)


def test_a_change_leaves_what_only_another_release_knows_of(make_table: Callable[[str], None]) -> None:
    make_table("users")
    store = UserRepository()
    user = changed(store, added(store, "ada@example.com"), name="Ada")
    table, key = boto3.resource("dynamodb").Table("users"), {"pk": f"USER#{user.user_id}"}
    table.update_item(Key=key, UpdateExpression="SET phone = :x", ExpressionAttributeValues={":x": "1"})

    after = changed(store, user, name=None, active=False)

    item = table.get_item(Key=key)["Item"]
    assert (item["phone"], item["version"], item["state"], "name" in item) == ("1", 3, "inactive", False)
    assert store.get(user.user_id) == after


def test_a_claim_that_is_not_the_user_s_is_left_alone(make_table: Callable[[str], None]) -> None:
    make_table("users")
    store = UserRepository()
    user = added(store, "ada@example.com")
    table = boto3.resource("dynamodb").Table("users")
    table.put_item(Item={"pk": "EMAIL#ada@example.com", "user_id": "another"})

    with pytest.raises(StaleUser):
        changed(store, user, email="lovelace@example.com")

    assert table.get_item(Key={"pk": "EMAIL#ada@example.com"})["Item"]["user_id"] == "another"
    assert store.get(user.user_id) == user


@pytest.mark.parametrize(
    "read",
    [
        lambda store, user: store.get(user.user_id),
        lambda store, user: store.find_by_email(user.email),
        lambda store, user: store.find_by_request(user.email, "token"),
        lambda store, _: store.find_account("subject-1"),
        lambda store, user: store.find_sign_in(user.user_id),
    ],
    ids=["get", "find_by_email", "find_by_request", "find_account", "find_sign_in"],
)
def test_who_reads_by_key_reads_what_was_written_last(
    make_table: Callable[[str], None], read: Callable[[UserRepository, User], object]
) -> None:
    make_table("users")
    store = UserRepository()
    user, event = create_user(Details(email="ada@example.com", name=None))
    store.add(user, event, request_token="token", subject="subject-1")

    with requests_to_dynamodb() as requests:
        assert read(store, user)

    assert requests
    assert all(sent["ConsistentRead"] is True for sent in requests)


def test_the_repository_writes_no_event_of_a_change_that_was_refused(make_table: Callable[[str], None]) -> None:
    make_table("users")
    store = UserRepository()
    added(store, "ada@example.com")
    before = boto3.client("dynamodb").scan(TableName="users")["Items"]

    with pytest.raises(EmailTaken):
        added(store, "ada@example.com")

    assert boto3.client("dynamodb").scan(TableName="users")["Items"] == before


OLD, ITS_LOOK_ALIKE = "boss@wei\u00df.de", "boss@weiss.de"


def added_by_an_earlier_release(store: UserRepository) -> User:
    """Add a user as releases did that claimed only the look-alike key of an address."""
    user = added(store, OLD, request_token="token")
    boto3.resource("dynamodb").Table("users").delete_item(Key={"pk": "EMAIL#boss@xn--wei-7ka.de"})
    assert claims() == {"EMAIL#boss@weiss.de": user.user_id}
    return user


def claims() -> dict[str, str]:
    items = boto3.client("dynamodb").scan(TableName="users")["Items"]
    return {item["pk"]["S"]: item["user_id"]["S"] for item in items if item["pk"]["S"].startswith("EMAIL#")}


def test_a_claim_of_an_earlier_release_keeps_its_address(make_table: Callable[[str], None]) -> None:
    make_table("users")
    store = UserRepository()
    user = added_by_an_earlier_release(store)

    assert store.find_by_email(OLD) == user
    assert store.find_by_email(ITS_LOOK_ALIKE) is None
    assert store.find_by_request(OLD, "token") == user
    with pytest.raises(EmailTaken):
        added(store, OLD)
    with pytest.raises(EmailTaken):
        changed(store, added(store, "grace@example.com"), email=OLD)
    signing_in, event = create_user(Details(email=ITS_LOOK_ALIKE))
    with pytest.raises(AddressResembles):
        store.add(signing_in, event, subject="another")
    store.link(user, "subject")
    assert store.find_account("subject") == user.user_id


def test_a_claim_of_an_earlier_release_yields_to_the_user_who_has_the_address(
    make_table: Callable[[str], None],
) -> None:
    make_table("users")
    store = UserRepository()
    user = added_by_an_earlier_release(store)

    other = added(store, ITS_LOOK_ALIKE)

    assert claims() == {"EMAIL#boss@weiss.de": other.user_id, "EMAIL#boss@xn--wei-7ka.de": user.user_id}
    for holder in (user, other):
        assert store.find_by_email(holder.email) == holder
        with pytest.raises(EmailTaken):
            added(store, holder.email)


def test_a_claim_of_an_earlier_release_goes_with_its_address(make_table: Callable[[str], None]) -> None:
    make_table("users")
    store = UserRepository()
    user = added_by_an_earlier_release(store)

    changed(store, user, email="ada@example.com")

    assert claims() == {"EMAIL#ada@example.com": user.user_id}


def test_an_earlier_release_finds_the_claim_of_a_new_address(make_table: Callable[[str], None]) -> None:
    make_table("users")
    user = added(UserRepository(), OLD)

    assert claims() == {"EMAIL#boss@weiss.de": user.user_id, "EMAIL#boss@xn--wei-7ka.de": user.user_id}


def test_a_key_is_not_taken_from_a_user_whose_address_becomes_it_meanwhile(make_table: Callable[[str], None]) -> None:
    make_table("users")
    store = UserRepository()
    user = added(store, OLD)
    transactions: list[str] = []

    def change_address(**_: object) -> None:
        transactions.append("")
        # The first one fails, since the look-alike key is claimed. The change itself is the third one.
        if len(transactions) == 2:
            changed(store, user, email=ITS_LOOK_ALIKE)

    hooks = UserItem._get_connection().connection.client.meta.events  # noqa: SLF001 - see above
    hooks.register("provide-client-params.dynamodb.TransactWriteItems", change_address)
    with pytest.raises(EmailTaken):
        added(store, ITS_LOOK_ALIKE)
    hooks.unregister("provide-client-params.dynamodb.TransactWriteItems", change_address)

    assert len(transactions) == 3
    assert claims() == {"EMAIL#boss@weiss.de": user.user_id}
