"""Writes users in bulk like the importer, and the same number of items by raw BatchWriteItem, in turns, in one process.

Raw has no validation, no conditions and no events. It is measured with one call at a time, and with as many calls at
once as the importer has transactions.

`python -m tests.bench.bulk_rounds <rounds> <rows>` in the environment of a function; prints the seconds of each round.
"""

import json
import os
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import batched
from typing import Any, NamedTuple

import boto3

from functions.shared.identifiers import new_id
from functions.shared.messaging.events import Event
from functions.users.bulk import WRITERS, BulkImport
from functions.users.bulk_repository import BulkUserRepository
from functions.users.items import SHARDS
from functions.users.ports import ChunkRow

# https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html
ITEMS_A_CALL = 25


class Round(NamedTuple):
    """Seconds that the same rows took."""

    bulk_s: float
    raw_s: float
    raw_at_once_s: float


class Chunk:
    """One chunk, in memory."""

    def __init__(self, rows: Sequence[ChunkRow]) -> None:
        self.rows = rows

    def read(self, _: str) -> Sequence[ChunkRow]:
        return self.rows


def bulk_s(rows: Sequence[ChunkRow], *, writers: int) -> float:
    """Write the rows as one chunk."""
    import_id = new_id()
    data = {"import_id": import_id, "target": "users", "chunk": 0, "key": "chunks/0", "rows": len(rows)}
    subject = f"imports/{import_id}/chunks/0"
    ready = Event(type="ImportChunkReady.v1", source="imports", subject=subject, sequence=1, data=data)
    started = time.perf_counter()
    BulkImport(BulkUserRepository(), Chunk(rows), writers=writers).take(ready)
    return time.perf_counter() - started


def raw_s(rows: Sequence[ChunkRow], table: str, *, calls_at_once: int) -> float:
    """Write the same users and claims, under keys of their own."""
    dynamodb: Any = boto3.client("dynamodb")
    requests = [{"PutRequest": {"Item": item}} for row in rows for item in _items(row)]

    def put(batch: Sequence[dict[str, Any]]) -> None:
        answer = dynamodb.batch_write_item(RequestItems={table: list(batch)})
        assert not answer["UnprocessedItems"]

    started = time.perf_counter()
    with ThreadPoolExecutor(calls_at_once) as pool:
        list(pool.map(put, batched(requests, ITEMS_A_CALL, strict=False)))
    return time.perf_counter() - started


def _items(row: ChunkRow) -> list[dict[str, Any]]:
    user_id, email, now = new_id(), row.fields["email"], "2026-11-23T23:23:18.000000+00:00"
    state = f"active#{row.line % SHARDS}"
    user = {"pk": f"RAW#{user_id}", "user_id": user_id, "state": state, "email": email, "name": row.fields["name"]}
    user |= {"created_at": now, "updated_at": now}
    claim = {"pk": f"RAW#{email}", "user_id": user_id}
    texts = [{name: {"S": value} for name, value in item.items()} for item in (user, claim)]
    return [{**texts[0], "active": {"BOOL": True}, "version": {"N": "1"}}, texts[1]]


def measured(count: int, table: str, *, at_once: int = WRITERS) -> Round:
    """Write a number of rows in each way."""
    domain = f"{time.time_ns()}.example.com"
    rows = [ChunkRow(line, {"email": f"user{line}@{domain}", "name": f"User {line}"}) for line in range(2, count + 2)]
    return Round(
        bulk_s(rows, writers=at_once),
        raw_s(rows, table, calls_at_once=1),
        raw_s(rows, table, calls_at_once=at_once),
    )


def main() -> None:
    """Print the rounds as JSON."""
    rounds, count = map(int, sys.argv[1:])
    found = [measured(count, os.environ["TABLE_NAME"]) for _ in range(rounds)]
    print(json.dumps(found))  # noqa: T201 - the parent process reads it


if __name__ == "__main__":
    main()
