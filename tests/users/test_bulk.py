"""The import of chunks: rows become the users that the API would create, once, whatever fails in between."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.shared.aws.backoff import MARGIN_S
from functions.shared.errors import Unavailable
from functions.shared.identifiers import new_id, part_id
from functions.shared.invocation import invocation
from functions.shared.messaging.events import Event
from functions.shared.messaging.inbox import AlreadySeen
from functions.users.bulk import USERS_A_TRANSACTION, BulkImport
from functions.users.bulk_repository import BulkUserRepository
from functions.users.domain import Details, create_user
from functions.users.ports import ChunkRow
from functions.users.repository import UserRepository
from tests.shared.fakes import FakeContext
from tests.tools.contracts.contracts import contract_of
from tests.users.fakes_bulk import Crash, FakeBulkUserStore, FakeChunks

IMPORT = new_id()


def ready(chunk: int = 0, *, rows: int) -> Event:
    return Event(
        type="ImportChunkReady.v1",
        source="imports",
        subject=f"imports/{IMPORT}/chunks/{chunk}",
        sequence=1,
        data={"import_id": IMPORT, "target": "users", "chunk": chunk, "key": f"chunks/{chunk}", "rows": rows},
    )


def take(store: FakeBulkUserStore, rows: list[ChunkRow], *, chunk: int = 0, count: int | None = None) -> dict[str, Any]:
    """Import a chunk and return the data of its last event."""
    bulk = BulkImport(store, FakeChunks({f"chunks/{chunk}": rows}), writers=1)
    bulk.take(ready(chunk, rows=len(rows) if count is None else count))
    for event in store.events:
        contract_of(event.source, event.type).validate(event.envelope())
    assert store.events[-1].type == "ImportChunkTaken.v1"
    return dict(store.events[-1].data)


def rows(*emails: str) -> list[ChunkRow]:
    return [ChunkRow(line, {"email": email}) for line, email in enumerate(emails, start=2)]


def test_rows_become_users_in_the_order_of_their_lines() -> None:
    store = FakeBulkUserStore()

    told = take(
        store,
        [
            ChunkRow(2, {"email": "Ada@Example.com", "name": " Ada ", "locale": "en-gb"}),
            ChunkRow(4, {"email": "\xa0grace@example.com\u200b", "active": " FALSE "}),
        ],
    )

    ada, grace = store.users.values()
    assert (ada.user_id, ada.details()) == (
        part_id(IMPORT, 2),
        {"email": "Ada@example.com", "name": "Ada", "locale": "en-GB"},
    )
    assert (grace.user_id, grace.email, grace.name) == (part_id(IMPORT, 4), "grace@example.com", None)
    assert (ada.active, grace.active) == (True, False)
    assert store.events[0].data["user_ids"] == [ada.user_id, grace.user_id] == sorted(store.users)
    assert told == {"import_id": IMPORT, "chunk": 0, "written": 2, "skipped": 0, "rejected": []}


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({}, [("email", "missing")]),
        ({"email": "ada"}, [("email", "not_an_address")]),
        ({"email": "a" * 300}, [("email", "too_long")]),
        ({"email": "ada@example.com", "name": " "}, [("name", "too_short")]),
        ({"email": "ada@example.com", "name": "a" * 201}, [("name", "too_long")]),
        ({"email": "ada@example.com", "name": "a\nb"}, [("name", "not_allowed")]),
        ({"email": "ada@example.com", "locale": "en_GB"}, [("locale", "not_allowed")]),
        ({"email": "ada@example.com", "name": "\u200b"}, [("name", "too_short")]),
        ({"email": "ada@example.com", "name": "Ada\u202e"}, [("name", "not_allowed")]),
        ({"email": "ada@example.com", "active": "perhaps"}, [("active", "not_allowed")]),
        ({"email": "x", "name": "a" * 201}, [("email", "not_an_address"), ("name", "too_long")]),
    ],
)
def test_a_row_that_the_api_would_refuse_is_rejected(fields: dict[str, str], wrong: list[tuple[str, str]]) -> None:
    store = FakeBulkUserStore()

    told = take(store, [ChunkRow(7, fields), ChunkRow(9, {"email": "grace@example.com"})])

    assert told["written"] == 1
    assert told["rejected"] == [{"line": 7, "field": field, "reason": reason} for field, reason in wrong]


def test_an_address_that_is_taken_or_stands_twice_is_rejected() -> None:
    store = FakeBulkUserStore()
    [holder] = [create_user(Details(email="taken@example.com", name=None))[0]]
    store.add_all([holder], ready(rows=1))
    take(store, rows("first@example.com"), chunk=1)

    told = take(store, rows("new@example.com", "Taken@example.com", "NEW@example.com", "x@example.com"), chunk=0)
    again = take(store, [ChunkRow(30, {"email": "first@example.com"})], chunk=2)

    assert told["written"] == 2
    assert told["rejected"] == [
        {"line": 3, "field": "email", "reason": "taken"},
        {"line": 4, "field": "email", "reason": "twice_in_file"},
    ]
    assert again["rejected"] == [{"line": 30, "field": "email", "reason": "twice_in_file"}]


def test_addresses_that_resemble_each_other_become_users_each(make_table: Callable[[str], None]) -> None:
    make_table("users")
    store = BulkUserRepository()
    emails = ["boss@weiss.de", "boss@wei\u00df.de", "stra\u00dfe@example.net", "ada@example.com", "strasse@example.net"]
    bulk = BulkImport(store, FakeChunks({"chunks/0": rows(*emails), "chunks/1": rows(*emails)}), writers=1)

    bulk.take(ready(0, rows=5))
    bulk.take(ready(1, rows=5))

    found = [UserRepository().find_by_email(email) for email in emails]
    assert [user.email for user in found if user] == emails


def test_rows_that_are_gone_are_told_as_skipped() -> None:
    assert take(FakeBulkUserStore(), [], count=7)["skipped"] == 7


def test_a_chunk_that_was_taken_over_is_left_alone() -> None:
    store = FakeBulkUserStore()
    take(store, rows("ada@example.com"))

    with pytest.raises(AlreadySeen):
        take(store, rows("grace@example.com"))

    assert len(store.users) == 1


@pytest.mark.slow
@settings(deadline=None)
@given(
    crashes=st.lists(st.integers(0, 4), max_size=4),
    bad=st.sets(st.integers(0, 119)),
    twice=st.sets(st.integers(0, 119)),
)
def test_a_chunk_ends_the_same_after_any_crash_of_a_worker(crashes: list[int], bad: set[int], twice: set[int]) -> None:
    emails = [f"user{number}@example.com" for number in range(120)]
    chunk = rows(*("bad" if n in bad else emails[0] if n in twice else email for n, email in enumerate(emails)))
    calm, crashing = FakeBulkUserStore(), FakeBulkUserStore()
    expected = take(calm, chunk)

    for writes in crashes:
        crashing.crash_after = writes
        try:
            take(crashing, chunk)
        except Crash:
            continue
        except AlreadySeen:
            break
    crashing.crash_after = None
    with suppress(AlreadySeen):
        take(crashing, chunk)

    assert crashing.users.keys() == calm.users.keys()
    assert crashing.events[-1].data == expected
    told_of = [user_id for event in crashing.events[:-1] for user_id in event.data["user_ids"]]
    assert sorted(told_of) == sorted(calm.users)
    assert expected["written"] + len(expected["rejected"]) == 120


def test_what_is_busy_is_tried_again_while_there_is_time() -> None:
    store = FakeBulkUserStore()
    store.busy = 3

    assert take(store, rows("ada@example.com"))["written"] == 1


def test_what_stays_busy_is_left_to_another_try() -> None:
    store = FakeBulkUserStore()
    store.busy = 1000
    bulk = BulkImport(store, FakeChunks({"chunks/0": rows("ada@example.com")}), writers=1)

    with invocation(FakeContext(MARGIN_S + 1.0, MARGIN_S + 0.5, MARGIN_S + 0.2, MARGIN_S)), pytest.raises(Unavailable):
        bulk.take(ready(rows=1))

    assert not store.events


def test_a_transaction_has_no_more_users_than_it_can_take() -> None:
    store = FakeBulkUserStore()

    take(store, rows(*(f"user{number}@example.com" for number in range(100))))

    sizes = [len(event.data["user_ids"]) for event in store.events[:-1]]
    assert sizes == [USERS_A_TRANSACTION, USERS_A_TRANSACTION, 2]
