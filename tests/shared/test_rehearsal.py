"""A rehearsal goes through an ordinary call, and leaves no trace."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any

import boto3
import pytest
from pynamodb.transactions import TransactWrite

from functions.shared.aws import clients
from functions.shared.aws.dynamodb import ConditionFailed, commit, commit_alone
from functions.shared.messaging.outbox import OutboxItem
from functions.shared.rehearsal import LeavesTrace, Rehearsal, rehearsal_in, rehearsing
from functions.users.items import UserItem, UserOutboxItem
from functions.webhooks.sender import HttpSender

REHEARSAL = Rehearsal(frozenset())


def user(number: int) -> UserItem:
    return UserItem(
        pk=f"USER#{number}", user_id=str(number), state="active#0", email="e", active=True, created_at="", updated_at=""
    )


def stored(table: str = "users") -> list[Any]:
    items: list[Any] = boto3.client("dynamodb").scan(TableName=table)["Items"]
    return items


@pytest.fixture(autouse=True)
def _table(make_table: Callable[[str], None]) -> Iterator[None]:
    make_table("users")
    clients.client.cache_clear()
    yield
    clients.client.cache_clear()


def test_a_rehearsed_transaction_succeeds_and_writes_nothing() -> None:
    def fill(transaction: TransactWrite) -> None:
        transaction.save(user(1), condition=UserItem.pk.does_not_exist())
        transaction.save(UserOutboxItem(pk="OUTBOX#1", envelope="{}", expires_at=1))
        transaction.update(user(2), actions=[UserItem.email.set("f")])

    with rehearsing(REHEARSAL):
        commit(UserItem, fill)

    assert stored() == []
    assert issubclass(UserOutboxItem, OutboxItem)


def test_a_condition_that_does_not_hold_fails_a_rehearsal_at_its_own_place() -> None:
    user(1).save()
    user(2).save()

    def fill(transaction: TransactWrite) -> None:
        transaction.condition_check(UserItem, "USER#2", condition=UserItem.pk.exists())
        transaction.save(user(3))
        transaction.save(user(1), condition=UserItem.pk.does_not_exist(), return_values="ALL_OLD")

    with rehearsing(REHEARSAL), pytest.raises(ConditionFailed) as rehearsed:
        commit(UserItem, fill)
    with pytest.raises(ConditionFailed) as real:
        commit(UserItem, fill)

    assert rehearsed.value.failed == real.value.failed == frozenset({2})
    assert rehearsed.value.writes == real.value.writes == 3
    assert rehearsed.value.found == real.value.found
    assert len(stored()) == 2


def test_a_write_of_one_item_is_rehearsed_too() -> None:
    free = UserItem.pk.does_not_exist()
    with rehearsing(REHEARSAL):
        commit_alone(user(1), condition=free)
    assert stored() == []

    commit_alone(user(1), condition=free)
    for rehearsal in (REHEARSAL, None):
        with rehearsing(rehearsal), pytest.raises(ConditionFailed):
            commit_alone(user(1), condition=free)


def test_any_other_change_on_aws_is_refused_in_a_rehearsal() -> None:
    user(1).save()
    with rehearsing(REHEARSAL):
        assert UserItem.get("USER#1").user_id == "1"
        for change in (user(2).save, user(1).delete, lambda: user(1).update(actions=[UserItem.email.set("f")])):
            with pytest.raises(LeavesTrace, match="dynamodb:"):
                change()
        with pytest.raises(LeavesTrace, match="sqs:SendMessage"):
            clients.client("sqs").send_message(QueueUrl="https://sqs.eu-west-1.amazonaws.com/0/q", MessageBody="b")
        with pytest.raises(LeavesTrace, match="events:PutEvents"):
            clients.client("events").put_events(Entries=[{"Source": "users"}])

    assert [item["email"]["S"] for item in stored()] == ["e"]


@pytest.mark.parametrize("threads_know", [True, False])
def test_a_transaction_that_would_be_committed_is_refused_in_a_rehearsal(*, threads_know: bool) -> None:
    def write() -> None:
        with TransactWrite(connection=UserItem._get_connection().connection) as transaction:  # noqa: SLF001 - PynamoDB has no public way
            transaction.save(user(1))

    with rehearsing(REHEARSAL), ThreadPoolExecutor(1) as pool:
        # A thread has none of the context variables, unless it is given a copy.
        run = pool.submit(copy_context().run, write) if threads_know else pool.submit(write)
        with pytest.raises(LeavesTrace, match="dynamodb:TransactWriteItems"):
            run.result()
        with pytest.raises(LeavesTrace, match="dynamodb:PutItem"):
            pool.submit(user(1).save).result()
    write()

    assert len(stored()) == 1


def test_a_request_to_a_receiver_is_refused_in_a_rehearsal() -> None:
    sender = HttpSender(connect_timeout_s=1, timeout_s=1, loopback=True)
    with rehearsing(REHEARSAL), pytest.raises(LeavesTrace, match="to a receiver"):
        sender.post("http://127.0.0.1:9/", b"", {})

    assert sender.post("http://127.0.0.1:9/", b"", {}).failure == "connect"


def test_only_an_event_that_the_caller_itself_has_built_can_ask_for_a_rehearsal() -> None:
    asked = {"rehearsal": {"scopes": ["users/read"]}}
    of_load_balancer = {"requestContext": {"elb": {"targetGroupArn": "arn:aws:elasticloadbalancing:t"}}}

    rehearsal = rehearsal_in(asked)
    assert rehearsal
    assert rehearsal.scopes == {"users/read"}
    assert rehearsal_in({**asked, "requestContext": {"elb": {}}}) is not None
    # No load balancer sends the member; if one did, its request would still be an ordinary one.
    assert rehearsal_in({**asked, **of_load_balancer}) is None
    assert rehearsal_in({"Records": [{"body": '{"rehearsal": {}}', "rehearsal": {}}]}) is None
    assert rehearsal_in({"body": '{"rehearsal": {}}', "multiValueHeaders": {"rehearsal": ["{}"]}}) is None
