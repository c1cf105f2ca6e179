"""The contract of the `BulkUserStore`, for the fake and for the repository on DynamoDB; and the chunks on S3."""

from collections.abc import Callable, Sequence

import boto3
import pytest

from functions.shared.aws.clients import client
from functions.shared.messaging.events import Event
from functions.shared.messaging.inbox import AlreadySeen
from functions.users.bucket import ChunkObjects
from functions.users.bulk import USERS_A_TRANSACTION
from functions.users.bulk_repository import BulkUserRepository
from functions.users.domain import Details, User, change_user, create_user
from functions.users.errors import NotAllNew
from functions.users.ports import BulkUserStore, ChunkRow
from functions.users.repository import UserRepository
from tests.newer_release import BESIDE_A_NEWER_RELEASE
from tests.users.fakes_bulk import FakeBulkUserStore

IMPORT = "01938b2f-1c4a-7d3f-9a51-4f0c2b6d8e10"


@pytest.fixture(params=["fake", "dynamodb", BESIDE_A_NEWER_RELEASE])
def store(request: pytest.FixtureRequest) -> BulkUserStore:
    if request.param == "fake":
        return FakeBulkUserStore()
    make_table: Callable[[str], None] = request.getfixturevalue("make_table")
    make_table("users")
    return BulkUserRepository()


def people(*emails: str) -> list[User]:
    return [create_user(Details(email=email, name=None))[0] for email in emails]


def imported(users: Sequence[User]) -> Event:
    data = {"import_id": IMPORT, "chunk": 0, "user_ids": [user.user_id for user in users]}
    return Event(type="UsersImported.v1", source="users", subject=f"imports/{IMPORT}", sequence=1, data=data)


def taken() -> Event:
    data = {"import_id": IMPORT, "chunk": 0, "written": 0, "skipped": 0, "rejected": []}
    return Event(type="ImportChunkTaken.v1", source="users", subject=f"imports/{IMPORT}", sequence=2, data=data)


def test_a_full_transaction_is_added_once(store: BulkUserStore) -> None:
    users = people(*(f"user{number}@example.com" for number in range(USERS_A_TRANSACTION)))
    store.add_all(users, imported(users))

    with pytest.raises(NotAllNew) as refused:
        store.add_all(users, imported(users))

    assert refused.value.present == frozenset(range(USERS_A_TRANSACTION))
    assert refused.value.holders == {}


def test_taken_addresses_are_told_with_their_holders_and_nothing_is_added(store: BulkUserStore) -> None:
    [holder] = people("Ada@example.com")
    store.add_all([holder], imported([holder]))
    users = people("grace@example.com", "ada@example.com", "mary@example.com")

    with pytest.raises(NotAllNew) as refused:
        store.add_all(users, imported(users))

    assert refused.value.present == frozenset()
    assert refused.value.holders == {1: holder.user_id}
    store.add_all([users[0], users[2]], imported(users))


def test_a_chunk_is_finished_once(store: BulkUserStore) -> None:
    assert not store.is_taken("import#0")
    store.finish("import#0", taken())

    assert store.is_taken("import#0")
    assert not store.is_taken("import#1")
    with pytest.raises(AlreadySeen):
        store.finish("import#0", taken())


def test_users_added_in_bulk_are_users_as_any_other(make_table: Callable[[str], None]) -> None:
    make_table("users")
    users = people("Ada@example.com", "grace@example.com")

    BulkUserRepository().add_all(users, imported(users))

    store = UserRepository()
    assert [store.get(user.user_id) for user in users] == users
    assert store.find_by_email(users[0].email) == users[0]
    changed = change_user(users[0], {"email": "lovelace@example.com"})
    assert changed
    store.replace(users[0], *changed)
    # The user has another address now, but is still the user of the row.
    with pytest.raises(NotAllNew) as refused:
        BulkUserRepository().add_all(users, imported(users))
    assert refused.value.present == {0, 1}


def test_a_refused_batch_leaves_nothing_behind(make_table: Callable[[str], None]) -> None:
    make_table("users")
    first, second = people("ada@example.com"), people("ada@example.com", "grace@example.com")
    BulkUserRepository().add_all(first, imported(first))
    before = boto3.client("dynamodb").scan(TableName="users")["Items"]

    with pytest.raises(NotAllNew):
        BulkUserRepository().add_all(second, imported(second))

    assert boto3.client("dynamodb").scan(TableName="users")["Items"] == before


def test_a_chunk_is_read_from_its_object(aws: None) -> None:
    client.cache_clear()
    s3 = client("s3")
    s3.create_bucket(Bucket="imports", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    body = '{"line":2,"row":{"email":"é@example.com"}}\n{"line":5,"row":{"name":"a\\u2028b"}}\n'
    s3.put_object(Bucket="imports", Key="chunks/1", Body=body.encode())
    s3.put_object(Bucket="imports", Key="chunks/2", Body=b"")
    chunks = ChunkObjects("imports", s3=s3)

    assert chunks.read("chunks/1") == [ChunkRow(2, {"email": "é@example.com"}), ChunkRow(5, {"name": "a\u2028b"})]
    assert chunks.read("chunks/2") == []


def test_addresses_that_resemble_others_are_added_one_by_one(make_table: Callable[[str], None]) -> None:
    make_table("users")
    store = BulkUserRepository()
    [sharp, taken, *double] = people("boss@wei\u00df.de", "ada@example.com", "boss@weiss.de", "ada@example.com")
    for user in (sharp, taken):
        store.add(user, imported([user]))

    with pytest.raises(NotAllNew) as refused:
        store.add_all(double, imported(double))
    store.add(double[0], imported(double[:1]))

    assert refused.value.alike == frozenset({0})
    assert refused.value.holders == {1: taken.user_id}
    assert UserRepository().find_by_email("boss@weiss.de") == double[0]
    assert UserRepository().find_by_email("boss@wei\u00df.de") == sharp


def test_one_user_is_added_once(store: BulkUserStore) -> None:
    first, second = people("boss@wei\u00df.de", "boss@WEI\u00df.de")
    store.add(first, imported([first]))

    expected: list[tuple[User, set[int], dict[int, str]]] = [(first, {0}, {}), (second, set(), {0: first.user_id})]
    for user, present, holders in expected:
        with pytest.raises(NotAllNew) as refused:
            store.add(user, imported([user]))
        assert refused.value.present == frozenset(present)
        assert refused.value.holders == holders
