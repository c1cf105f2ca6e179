"""The command `restore`: copy the items of a restored table back into the live table of a service.

DynamoDB and AWS Backup restore only into a new table. Copying keeps the live table with its stream, alarms and backups.
"""

import argparse
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from functions.shared.interface.names import OUTBOX_PREFIX, QUOTA_PREFIX
from operate.command import Command
from operate.errors import OperateError
from operate.progress import Progress
from operate.target import Target

# https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html
_BATCH = 100
_SHOWN = 10

type Item = dict[str, dict[str, Any]]


# As many as the connections that botocore keeps.
_WRITERS = 10
_RESTORED, _REPLACED, _SAME, _KEPT, _LEFT_OUT = _OUTCOMES = (
    "restored",
    "replaced",
    "the same already",
    "changed since and kept",
    "left out",
)


def restore(
    client: Any,  # noqa: ANN401 - a boto3 client
    *,
    source: str,
    target: str,
    overwrite: bool,
    progress: Progress,
) -> str:
    """Copy the items of one table into another, and return how many had each outcome. It can be repeated at any time.

    Outbox items and expired items are left out: their events were published, or DynamoDB would delete them again. The
    counters of quotas are left out, and deleted from the live table, so that services count the restored items.

    Args:
        client: DynamoDB.
        source: The restored table.
        target: The live table, with the same keys.
        overwrite: Replaces live items that differ; otherwise they are kept.
        progress: Shows the counts.

    Raises:
        OperateError: A table does not exist, or their keys differ.
    """
    keys = _keys(client, target)
    if _keys(client, source) != keys:
        raise OperateError(f"{source} has other keys than {target}, so it is not a copy of that table.")
    expiry = client.describe_time_to_live(TableName=target)["TimeToLiveDescription"].get("AttributeName", "")
    counts: Counter[str] = Counter()

    def copy(item: Item, found: Item | None) -> str:
        if item[keys[0]].get("S", "").startswith(QUOTA_PREFIX):
            # The next request of the owner counts what is there.
            client.delete_item(TableName=target, Key={key: item[key] for key in keys})
            return _LEFT_OUT
        if found == item:
            return _SAME
        if found is None:
            return _RESTORED if _put_if_missing(client, target, keys, item) else _KEPT
        if overwrite:
            client.put_item(TableName=target, Item=item)
            return _REPLACED
        return _KEPT

    with ThreadPoolExecutor(_WRITERS) as writers:
        for page in _batches(client, source):
            items = [item for item in page if not _is_left_out(item, keys[0], expiry)]
            counts[_LEFT_OUT] += len(page) - len(items)
            live = _live(client, target, keys, items)
            texts = [_key_text(item, keys) for item in items]
            for text, outcome in zip(texts, writers.map(copy, items, map(live.get, texts)), strict=True):
                counts[outcome] += 1
                if outcome == _KEPT and counts[_KEPT] <= _SHOWN:
                    progress.say(f"{_KEPT}: {text}")
            progress.show(_summary(counts))
    return _summary(counts)


def _summary(counts: Counter[str]) -> str:
    return ", ".join(f"{counts[outcome]} {outcome}" for outcome in _OUTCOMES)


def _batches(client: Any, table: str) -> Iterator[Sequence[Item]]:  # noqa: ANN401 - a boto3 client
    for page in client.get_paginator("scan").paginate(TableName=table, ConsistentRead=True):
        items = page["Items"]
        yield from (items[start : start + _BATCH] for start in range(0, len(items), _BATCH))


def _live(client: Any, table: str, keys: Sequence[str], items: Sequence[Item]) -> dict[str, Item]:  # noqa: ANN401 - a boto3 client
    found: dict[str, Item] = {}
    wanted = [{key: item[key] for key in keys} for item in items]
    while wanted:
        answer = client.batch_get_item(RequestItems={table: {"Keys": wanted, "ConsistentRead": True}})
        found |= {_key_text(item, keys): item for item in answer["Responses"].get(table, ())}
        # An answer has at most 16 MB.
        wanted = answer["UnprocessedKeys"].get(table, {}).get("Keys", [])
    return found


def _put_if_missing(client: Any, table: str, keys: Sequence[str], item: Item) -> bool:  # noqa: ANN401 - a boto3 client
    """Return False if a request has created the item since it was looked up."""
    try:
        client.put_item(
            TableName=table,
            Item=item,
            ConditionExpression="attribute_not_exists(#key)",
            ExpressionAttributeNames={"#key": keys[0]},
        )
    except client.exceptions.ConditionalCheckFailedException:
        return False
    return True


def _keys(client: Any, table: str) -> list[str]:  # noqa: ANN401 - a boto3 client
    try:
        described = client.describe_table(TableName=table)["Table"]
    except client.exceptions.ResourceNotFoundException as error:
        raise OperateError(f"There is no table {table}.") from error
    return [part["AttributeName"] for part in sorted(described["KeySchema"], key=lambda part: str(part["KeyType"]))]


def _key_text(item: Item, keys: Sequence[str]) -> str:
    return " ".join(str(value) for key in keys for value in item[key].values())


def _is_left_out(item: Item, partition_key: str, expiry: str) -> bool:
    expires_at = item.get(expiry, {}).get("N")
    is_expired = expires_at is not None and float(expires_at) < time.time()
    return is_expired or item[partition_key].get("S", "").startswith(OUTBOX_PREFIX)


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--service", required=True, help="the service that owns the live table")
    parser.add_argument("--from-table", required=True, help="the restored table, in the same region and account")
    parser.add_argument("--overwrite", action="store_true", help="replace live items that differ; stop writers before")


def _run(arguments: argparse.Namespace, target: Target) -> bool:
    if target.manifest(arguments.service).table is None:
        raise OperateError(f"{arguments.service} has no table.")
    live = target.name_of(arguments.service)
    if arguments.from_table == live:
        raise OperateError(f"from_table: expected the restored copy, found the live table {live}.")
    progress = Progress()
    summary = restore(
        target.client("dynamodb"),
        source=arguments.from_table,
        target=live,
        overwrite=arguments.overwrite,
        progress=progress,
    )
    progress.say(f"{live}: {summary}.")
    return True


COMMAND = Command(
    name="restore",
    help="copy the items of a restored table back into the live table of a service",
    add_arguments=_add_arguments,
    run=_run,
)
