"""A newer release beside the tested one: it adds an attribute to each item, and a key to each JSON object in it.

While two versions serve, each must read what the other wrote, and no write of the older version may drop what the newer
one added.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import boto3
import pytest
from botocore.client import BaseClient

ADDED = "added_by_a_newer_release"
WRITES = {"PutItem", "UpdateItem", "TransactWriteItems", "BatchWriteItem"}
# Objects with names of users, of events or of stacks as keys, to which no release adds a key.
OPEN_OBJECTS = {"artefacts", "body", "data", "fields", "mapping"}
# A parameter of a store's fixture; `make_table` reads its mark.
BESIDE_A_NEWER_RELEASE = pytest.param(
    "dynamodb", id="beside_a_newer_release", marks=[pytest.mark.slow, pytest.mark.beside_a_newer_release]
)
# The beginnings of the keys of items, by table, that a write replaces as a whole: what a newer release added belongs to
# the holder, or to the event, of the replaced item.
REPLACED = {
    "activity": ("LATEST#",),  # the newest event about a subject
    "imports": ("FILE#", "RUNNING#"),  # the newest event about a file; a lock that passes to another import
    # A record, derived again from its raw events; the last link of the chain; an incident, grouped again.
    "operations": ("DEPLOYMENT#", "HEAD", "INCIDENTS"),
    "users": ("EMAIL#",),  # a claim that passes to another holder
}

type Key = tuple[str, ...]
type Item = dict[str, Any]


@contextmanager
def newer_release_beside(table: str) -> Iterator[None]:
    """Add to every item of a table after each write, and fail a write that drops an addition.

    Args:
        table: The name of the table, which exists.
    """
    client = boto3.client("dynamodb")
    # PynamoDB and boto3 both send their requests by this method.
    send = BaseClient._make_api_call  # noqa: SLF001 - botocore's events come too early
    stored: dict[Key, Item] = {}

    def send_and_add(sender: BaseClient, operation: str, arguments: Any) -> Any:
        answer = send(sender, operation, arguments)
        if operation in WRITES:
            items = {_key(item): item for item in send(client, "Scan", {"TableName": table})["Items"]}
            for key in items.keys() & stored.keys():
                if not key[0].startswith(REPLACED.get(table, ())):
                    dropped = list(_dropped(stored[key], items[key]))
                    assert not dropped, f"A write dropped {ADDED} from {dropped} of {key}."
            stored.clear()
            for key, item in items.items():
                stored[key] = _with_additions(item)
                send(client, "PutItem", {"TableName": table, "Item": stored[key]})
        return answer

    BaseClient._make_api_call = send_and_add  # noqa: SLF001 - as above
    try:
        yield
    finally:
        BaseClient._make_api_call = send  # noqa: SLF001 - as above


def _key(item: Item) -> Key:
    return tuple(item[name]["S"] for name in ("pk", "sk") if name in item)


def _dropped(before: Item, after: Item) -> Iterator[str]:
    """Name the item, and each object in its JSON documents, that has lost what a newer release added to it."""
    if ADDED not in after:
        yield "the item"
    for name in before.keys() & after.keys():
        old, new = (dict(_objects(_document(name, item[name]), name)) for item in (before, after))
        for path in old.keys() & new.keys():
            # A document with another number describes another thing: the next version of a file.
            if old[path].get("number") == new[path].get("number") and ADDED not in new[path]:
                yield path


def _with_additions(item: Item) -> Item:
    changed: Item = {ADDED: {"S": "kept"}}
    for name, value in item.items():
        document = _document(name, value)
        for _, each in list(_objects(document, name)):
            each[ADDED] = "kept"
        changed[name] = value if document is None else {"S": json.dumps(document)}
    return changed


def _document(name: str, value: Mapping[str, Any]) -> Any:
    """Return the JSON document in an attribute, or None."""
    text = value.get("S", "")
    return json.loads(text) if text.startswith(("{", "[")) and name not in OPEN_OBJECTS else None


def _objects(document: Any, path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """List the objects in a JSON document, at any depth, to which a release can add a key, with their paths."""
    if isinstance(document, dict):
        yield path, document
        for name, each in document.items():
            if name not in OPEN_OBJECTS:
                yield from _objects(each, f"{path}.{name}")
    elif isinstance(document, list):
        for at, each in enumerate(document):
            yield from _objects(each, f"{path}.{at}")
