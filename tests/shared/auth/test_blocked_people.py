"""The list of blocked people in a process: read again after 20 s, kept for 40 s if the table does not answer."""

import time
from collections.abc import Collection

import boto3
import pytest
from fastapi import FastAPI

from functions.shared.auth.access import access, guarded_router
from functions.shared.auth.blocked_people import (
    KEPT_S,
    REFRESHED_AFTER_S,
    RETRIED_AFTER_S,
    BlockedPeople,
    blocked_people,
)
from functions.shared.errors import Unavailable
from functions.shared.http.application import create_app, lambda_handler
from tests.lambda_client import LambdaClient
from tests.tables import table_of_blocked_people
from tests.tokens import admin, machine, member

router = guarded_router("things")


@router.get("/own")
@access(member="own")
async def read_own() -> None: ...


app: FastAPI = create_app("things", title="Things", description="Tests.", router=router)


class Table:
    """A table of blocked people, which may not answer."""

    def __init__(self) -> None:
        self.subjects: set[str] = set()
        self.is_down = False
        self.reads = 0
        self.now_s = 1000.0

    def read(self) -> Collection[str]:
        self.reads += 1
        if self.is_down:
            raise Unavailable
        return set(self.subjects)


@pytest.fixture
def table() -> Table:
    return Table()


@pytest.fixture
def blocked(table: Table) -> BlockedPeople:
    return BlockedPeople(table.read, clock=lambda: table.now_s)


def test_a_new_entry_counts_within_the_time_of_a_refresh(table: Table, blocked: BlockedPeople) -> None:
    assert "ada" not in blocked
    table.subjects.add("ada")
    table.now_s += REFRESHED_AFTER_S - 1
    assert "ada" not in blocked
    assert table.reads == 1

    table.now_s += 1
    assert "ada" in blocked

    table.subjects.clear()
    table.now_s += REFRESHED_AFTER_S
    assert "ada" not in blocked


def test_the_list_counts_for_a_while_if_the_table_does_not_answer(table: Table, blocked: BlockedPeople) -> None:
    table.subjects.add("ada")
    assert "ada" in blocked
    table.is_down = True
    table.now_s += KEPT_S - 1
    assert "ada" in blocked
    assert "bob" not in blocked

    table.now_s += 1
    with pytest.raises(Unavailable):
        assert "ada" in blocked

    table.is_down = False
    table.now_s += RETRIED_AFTER_S
    assert "bob" not in blocked


def test_requests_do_not_wait_one_after_the_other_for_a_table_that_does_not_answer(
    table: Table, blocked: BlockedPeople
) -> None:
    assert "ada" not in blocked
    table.is_down = True
    table.now_s += REFRESHED_AFTER_S
    for _ in range(5):
        assert "ada" not in blocked
    assert table.reads == 2

    table.now_s += RETRIED_AFTER_S
    assert "ada" not in blocked
    assert table.reads == 3

    table.now_s += KEPT_S
    for _ in range(5):
        with pytest.raises(Unavailable):
            assert "ada" in blocked
    assert table.reads == 4


def test_a_process_that_never_read_the_list_admits_nobody(table: Table, blocked: BlockedPeople) -> None:
    table.is_down = True

    with pytest.raises(Unavailable):
        assert "ada" in blocked


def test_a_restored_process_reads_the_list_first(table: Table, blocked: BlockedPeople) -> None:
    assert "ada" not in blocked
    table.subjects.add("ada")
    blocked.forget()

    assert "ada" in blocked


def test_a_route_refuses_blocked_people_with_a_valid_token(aws: None) -> None:
    things = LambdaClient(lambda_handler(app), caller="")
    with table_of_blocked_people():
        for subject in ("ada", "root", "integration"):
            item = {"list": {"S": "people"}, "subject": {"S": subject}, "expires_at": {"N": str(int(time.time()) + 60)}}
            boto3.client("dynamodb").put_item(TableName="blocked-people", Item=item)

        answers = [things.by(caller).get("/things/own") for caller in (member("ada"), admin("root"), member("bob"))]
        by_machine = things.by(machine("things/read")).get("/things/own")

    assert [answer.status for answer in answers] == [401, 401, 200]
    assert answers[0].problem == "invalid-token"
    assert "deactivated" in answers[0].json["detail"]
    assert by_machine.status == 200


def test_a_process_does_not_start_without_the_name_of_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BLOCKED_TABLE_NAME")
    blocked_people.cache_clear()

    with pytest.raises(LookupError, match="BLOCKED_TABLE_NAME"):
        blocked_people()


def test_a_route_answers_503_to_people_if_the_list_cannot_be_read(aws: None) -> None:
    things = LambdaClient(lambda_handler(app), caller="")
    with table_of_blocked_people():
        boto3.client("dynamodb").delete_table(TableName="blocked-people")
        answers = [things.by(caller).get("/things/own") for caller in (member("ada"), machine("things/read"))]

    assert [answer.status for answer in answers] == [503, 200]
